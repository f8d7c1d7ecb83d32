# What its user chose is looked at when the network is made, with ip in a shell; and it removes its links itself.
import os
from pathlib import Path

from workshop import PluginError


def chosen(network):
    options = network["Options"]["com.docker.network.generic"]
    return options.get("parent", ""), options.get("ipvlan_mode", "l2")


def create_network(request, host):
    parent, mode = chosen(request)
    if mode not in ("l2", "l3"):
        raise PluginError(f"ipvlan_mode={mode}: only l2 and l3")
    if not parent:
        raise PluginError("parent is missing")
    if not host.kernel.link_lookup(ifname=parent):
        raise PluginError(f"parent {parent} is not on this host")
    for key, other in host.networks.items():
        if chosen(other)[0] == parent and chosen(other)[1] != mode:
            raise PluginError(f"network {key[:12]} has {parent} in mode {chosen(other)[1]}")
    return {}


def create_endpoint(request, host):
    parent, mode = chosen(host.network(request["NetworkID"]))
    if request["Interface"].get("MacAddress"):
        raise PluginError("no MAC address of one's own with ipvlan")
    name = "port" + request["EndpointID"][:11]
    if Path(f"/sys/class/net/{name}").exists():
        return {}
    if os.system(f"ip link add {name} link {parent} type ipvlan mode {mode}"):
        raise PluginError("the kernel gave no ipvlan (Operation not supported?)")
    return {}


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "port" + request["EndpointID"][:11], "DstPrefix": "eth"}}
    if network["Options"].get("com.docker.network.internal"):
        return answer
    if chosen(network)[1] == "l3":
        answer["StaticRoutes"] = [
            {"RouteType": 1, "Destination": "::/0" if ":" in pool["Pool"] else "0.0.0.0/0"}
            for pool in [*network["IPv4Data"], *network["IPv6Data"]]
        ]
        return answer
    answer["Gateway"] = network["IPv4Data"][0]["Gateway"].partition("/")[0]
    for pool in network["IPv6Data"]:
        answer["GatewayIPv6"] = pool["Gateway"].partition("/")[0]
    return answer


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname="port" + request["EndpointID"][:11]):
        host.kernel.link("del", index=index)
    return {}
