# As Docker's own driver does: the link is made in Join, here with ip. All that the user chose is looked at before.
import subprocess

from workshop import PluginError

GENERIC = "com.docker.network.generic"


def chosen(network):
    options = network["Options"][GENERIC]
    return options.get("parent"), options.get("ipvlan_mode", "l2")


def create_endpoint(request, host):
    network = host.network(request["NetworkID"])
    parent, mode = chosen(network)
    if request["Interface"]["MacAddress"]:
        raise PluginError("ipvlan interfaces do not support custom mac address assignment")
    if mode not in ("l2", "l3"):
        raise PluginError(f"requested ipvlan mode '{mode}' is not valid")
    if not parent or not host.kernel.link_lookup(ifname=parent):
        raise PluginError(f"the requested parent {parent} was not found")
    for other in host.networks.values():
        its_parent, its_mode = chosen(other)
        if its_parent == parent and its_mode != mode:
            raise PluginError(f"a network in mode {its_mode} is already using {parent}")
    return {"Interface": {}}


def join(request, host):
    network = host.network(request["NetworkID"])
    parent, mode = chosen(network)
    name = f"i{request['EndpointID'][-12:]}"
    if not host.kernel.link_lookup(ifname=name):
        words = ["ip", "link", "add", "link", parent, "name", name, "type", "ipvlan", "mode", mode]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            raise PluginError(done.stderr.strip())
    answer = {"InterfaceName": {"DstPrefix": "eth", "SrcName": name}}
    if network["Options"].get("com.docker.network.internal"):
        return answer
    if mode == "l3":
        answer["DisableGatewayService"] = True
        ways = ["0.0.0.0/0"] + ["::/0"] * len(network["IPv6Data"])
        answer["StaticRoutes"] = [{"Destination": way, "RouteType": 1, "NextHop": ""} for way in ways]
        return answer
    for key, data in (("Gateway", "IPv4Data"), ("GatewayIPv6", "IPv6Data")):
        for pool in network[data]:
            answer[key] = pool["Gateway"].split("/")[0]
    return answer
