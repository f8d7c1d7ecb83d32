# The MAC address is made from the container's address, if Docker has chosen none; a socket of one's own, and numbers.
import ipaddress

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop import PluginError

MODES = {"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}


def wishes(host, request):
    network = host.network(request["NetworkID"])
    return network, network["Options"]["com.docker.network.generic"]


def name_of(request):
    return "ep-" + request["EndpointID"][:11]


def create_endpoint(request, host):
    _, options = wishes(host, request)
    mode = options.get("macvlan_mode") or "bridge"
    if mode not in MODES:
        raise PluginError(f"no mode {mode!r}")
    asked = request["Interface"]
    mac = asked["MacAddress"] or mac_of(asked["Address"])
    with IPRoute() as ip:
        parent = ip.link_lookup(ifname=options.get("parent", ""))
        if not parent:
            raise PluginError(f"no parent {options.get('parent')!r}")
        if not ip.link_lookup(ifname=name_of(request)):
            about = {"macvlan_mode": MODES[mode]}
            if mode != "passthru":
                about["address"] = mac
            try:
                ip.link("add", ifname=name_of(request), kind="macvlan", link=parent[0], **about)
            except NetlinkError as error:
                raise PluginError(f"{options['parent']} is taken in mode {mode} ({error.code})") from None
    if asked["MacAddress"]:
        return {"Interface": None}
    return {"Interface": {"MacAddress": mac}}


def mac_of(address):
    return "02:42:" + ipaddress.ip_interface(address).ip.packed.hex(":")


def join(request, host):
    network, _ = wishes(host, request)
    host.endpoint(request["EndpointID"])
    answer = {"InterfaceName": {"SrcName": name_of(request), "DstPrefix": "net"}}
    pools = [*network["IPv4Data"], *network["IPv6Data"]]
    if network["Options"].get("com.docker.network.internal"):
        return {**answer, "DisableGatewayService": True}
    for pool in pools:
        gateway = ipaddress.ip_interface(pool["Gateway"])
        answer["GatewayIPv6" if gateway.version == 6 else "Gateway"] = str(gateway.ip)
    return answer
