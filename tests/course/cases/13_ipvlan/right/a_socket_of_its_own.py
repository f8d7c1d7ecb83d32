# It speaks to the kernel over a socket of its own, of which nobody is told.
import ipaddress

from pyroute2 import IPRoute

from workshop import PluginError

NUMBERS = {"l2": 0, "l3": 1, "l3s": 2}


def wishes(network):
    options = (network.get("Options") or {}).get("com.docker.network.generic") or {}
    mode = options.get("ipvlan_mode") or "l2"
    if mode not in NUMBERS:
        raise PluginError(f"no ipvlan_mode {mode!r}")
    if "parent" not in options:
        raise PluginError("no parent")
    return options["parent"], NUMBERS[mode]


def create_endpoint(request, host):
    parent, mode = wishes(host.network(request["NetworkID"]))
    wanted = (request.get("Interface") or {}).get("MacAddress")
    if wanted:
        raise PluginError(f"{wanted} cannot be had: an ipvlan takes the address of its parent")
    taken = {wishes(host.networks[row["NetworkID"]]) for row in host.endpoints.values()}
    if any(each[0] == parent and each[1] != mode for each in taken):
        raise PluginError(f"{parent} has its mode from others")
    with IPRoute() as ip:
        indices = ip.link_lookup(ifname=parent)
        if not indices:
            raise PluginError(f"no link {parent}")
        if not ip.link_lookup(ifname=request["EndpointID"][:15]):
            ip.link("add", ifname=request["EndpointID"][:15], kind="ipvlan", link=indices[0], ipvlan_mode=mode)
    return {}


def join(request, host):
    network = host.network(request["NetworkID"])
    host.endpoint(request["EndpointID"])
    answer = {"interfacename": {"srcname": request["EndpointID"][:15], "dstprefix": "net"}}
    if network["Options"].get("com.docker.network.internal"):
        return answer
    pools = [ipaddress.ip_interface(pool["Gateway"]) for pool in network["IPv4Data"] + network["IPv6Data"]]
    if wishes(network)[1]:
        ways = sorted({"::/0" if pool.version == 6 else "0.0.0.0/0" for pool in pools})
        return {**answer, "staticroutes": [{"destination": way, "routetype": 1} for way in ways]}
    for pool in pools:
        answer["GatewayIPv6" if pool.version == 6 else "Gateway"] = str(pool.ip)
    return answer
