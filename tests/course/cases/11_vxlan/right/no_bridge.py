"""No bridge at all: each container has a macvlan link on the tunnel, and so has the host, for the gateway."""

import ipaddress

from workshop import PluginError

FLOOD = "00:00:00:00:00:00"
peers = {}


def create_network(request, host):
    given = (request["Options"].get("com.docker.network.generic") or {}).get("vni", "none")
    try:
        vni = int(given)
        assert 0 < vni < 2**24
    except (ValueError, AssertionError):
        raise PluginError(f"{given} is no VNI") from None
    key, kernel = request["NetworkID"][:9], host.kernel
    if kernel.link_lookup(ifname=f"under{key}"):
        return {}
    kernel.link("add", ifname=f"under{key}", kind="vxlan", vxlan_id=vni, vxlan_port=4789, mtu=1450, state="up")
    (tunnel,) = kernel.link_lookup(ifname=f"under{key}")
    kernel.link("add", ifname=f"gw{key}", kind="macvlan", link=tunnel, macvlan_mode="bridge", state="up")
    (gate,) = kernel.link_lookup(ifname=f"gw{key}")
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if pool.get("Gateway"):
            address = ipaddress.ip_interface(pool["Gateway"])
            kernel.addr("add", index=gate, address=str(address.ip), prefixlen=address.network.prefixlen)
    for peer in peers:
        kernel.fdb("append", ifindex=tunnel, lladdr=FLOOD, dst=peer)
    return {}


def create_endpoint(request, host):
    found = host.kernel.link_lookup(ifname="under" + request["NetworkID"][:9])
    if not found:
        raise PluginError("no such network")
    name = "leaf" + request["EndpointID"][:11]
    if not host.kernel.link_lookup(ifname=name):
        host.kernel.link("add", ifname=name, kind="macvlan", link=found[0], macvlan_mode="bridge")
    return {"Interface": {}}


def discover_new(request, host):
    node = request["DiscoveryData"]
    if not node.get("Self"):
        peers[node["Address"]] = True
        for network_id in host.networks:
            (tunnel,) = host.kernel.link_lookup(ifname="under" + network_id[:9])
            host.kernel.fdb("append", ifindex=tunnel, lladdr=FLOOD, dst=node["Address"])
    return {}
