# cause: started
import hashlib
import ipaddress
import subprocess

from workshop import PluginError


def create_network(request, host):
    name = f"cb{request['NetworkID'][:10]}"
    if host.kernel.link_lookup(ifname=name):
        return {}
    mac = "02:" + ":".join(f"{byte:02x}" for byte in hashlib.sha256(name.encode()).digest()[:5])
    host.kernel.link("add", ifname=name, kind="bridge", address=mac)
    (index,) = host.kernel.link_lookup(ifname=name)
    for pool in request["IPv4Data"]:
        gateway = ipaddress.ip_interface(pool["Gateway"])
        host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
    host.kernel.link("set", index=index, state="up")
    rule("-I", name)
    return {}


def rule(verb, name):
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", name, "-o", name, "-j", "ACCEPT"]
    return subprocess.run(words, capture_output=True).returncode == 0


def delete_network(request, host):
    rule("-D", f"cb{request['NetworkID'][:10]}")
    for index in host.kernel.link_lookup(ifname=f"cb{request['NetworkID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request, host):
    bridge = host.kernel.link_lookup(ifname=f"cb{request['NetworkID'][:10]}")
    if not bridge:
        raise PluginError("no such network")
    outside, inside = f"co{request['EndpointID'][:10]}", f"ci{request['EndpointID'][:10]}"
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer={"ifname": inside}, master=bridge[0], state="up")
    return {"Interface": request["Interface"]}


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": f"ci{request['EndpointID'][:10]}", "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].partition("/")[0],
    }


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=f"co{request['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
