# What its user chose is looked at when the network is made; and it removes its links itself.
from workshop import PluginError

MODES = ("bridge", "private", "vepa", "passthru")


def chosen(network):
    return network["Options"]["com.docker.network.generic"]


def create_network(request, host):
    mode = chosen(request).get("macvlan_mode", "bridge")
    if mode not in MODES:
        raise PluginError(f"macvlan_mode={mode} is none of {MODES}")
    parent = chosen(request).get("parent")
    if parent is None:
        raise PluginError("parent is missing")
    if not host.kernel.link_lookup(ifname=parent):
        raise PluginError(f"parent {parent} is not on this host")
    return {}


def create_endpoint(request, host):
    network = host.network(request["NetworkID"])
    parent, mode = chosen(network)["parent"], chosen(network).get("macvlan_mode", "bridge")
    name = request["EndpointID"][:15]
    if host.kernel.link_lookup(ifname=name):
        return {}
    others = [key for key, each in host.endpoints.items() if each["NetworkID"] == request["NetworkID"]]
    if mode == "passthru" and others:
        raise PluginError(f"{parent} has {others[0][:12]} on it, and passthru is for one")
    (index,) = host.kernel.link_lookup(ifname=parent)
    host.kernel.link("add", ifname=name, kind="macvlan", link=index, macvlan_mode=mode)
    return {}


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": request["EndpointID"][:15], "DstPrefix": "eth"}}
    if not network["Options"].get("com.docker.network.internal"):
        answer["Gateway"] = network["IPv4Data"][0]["Gateway"].partition("/")[0]
        for pool in network["IPv6Data"]:
            answer["GatewayIPv6"] = pool["Gateway"].partition("/")[0]
    return answer


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=request["EndpointID"][:15]):
        host.kernel.link("del", index=index)
    return {}
