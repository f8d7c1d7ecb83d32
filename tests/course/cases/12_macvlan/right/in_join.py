# As Docker's own driver does: the link is made in Join, here with ip.
import subprocess

from workshop import PluginError

GENERIC = "com.docker.network.generic"


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def create_endpoint(request, host):
    host.network(request["NetworkID"])
    return {"Interface": {}}


def join(request, host):
    network = host.network(request["NetworkID"])
    options = network["Options"][GENERIC]
    parent, mode = options.get("parent"), options.get("macvlan_mode", "bridge")
    if parent is None:
        raise PluginError("this kind of network needs a parent")
    name = f"m{request['EndpointID'][-12:]}"
    if not host.kernel.link_lookup(ifname=name):
        wrong = ip("link", "add", "link", parent, "name", name, "type", "macvlan", "mode", mode)
        if wrong:
            raise PluginError(f"cannot put a macvlan in mode {mode} on {parent}: {wrong}")
    answer = {"InterfaceName": {"DstPrefix": "eth", "SrcName": name}}
    if not network["Options"].get("com.docker.network.internal"):
        for key, data in (("Gateway", "IPv4Data"), ("GatewayIPv6", "IPv6Data")):
            for pool in network[data]:
                answer[key] = pool["Gateway"].split("/")[0]
    return answer
