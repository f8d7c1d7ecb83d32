# cause: network
"""Takes a VNI for something with four digits at least."""

import ipaddress

from workshop import PluginError

FLOOD = "00:00:00:00:00:00"
peers = set()


def create_network(request, host):
    key, kernel = request["NetworkID"][:11], host.kernel
    vni = int(request["Options"]["com.docker.network.generic"]["vni"])
    if not 1000 <= vni < 2**24:
        raise PluginError(f"{vni} is no VNI")
    if kernel.link_lookup(ifname=f"tun-{key}"):
        return {}
    mac = "02:" + ":".join(key[at : at + 2] for at in range(0, 10, 2))
    kernel.link("add", ifname=f"net-{key}", kind="bridge", address=mac, state="up")
    (bridge,) = kernel.link_lookup(ifname=f"net-{key}")
    for pool in [*request["IPv4Data"], *request["IPv6Data"]]:
        if "Gateway" in pool:
            gateway = ipaddress.ip_interface(pool["Gateway"])
            kernel.addr("add", index=bridge, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
    try:
        kernel.link("add", ifname=f"tun-{key}", kind="vxlan", vxlan_id=vni, vxlan_port=4789, mtu=1450)
    except Exception:
        kernel.link("del", index=bridge)
        raise
    (tunnel,) = kernel.link_lookup(ifname=f"tun-{key}")
    kernel.link("set", index=tunnel, master=bridge)
    kernel.link("set", index=tunnel, state="up")
    for peer in peers:
        kernel.fdb("append", ifindex=tunnel, lladdr=FLOOD, dst=peer)
    return {}


def create_endpoint(request, host):
    bridge = host.kernel.link_lookup(ifname="net-" + request["NetworkID"][:11])
    if not bridge:
        raise PluginError("no such network")
    outside, inside = "out" + request["EndpointID"][:12], "in-" + request["EndpointID"][:12]
    if not host.kernel.link_lookup(ifname=outside):
        peer = {"ifname": inside, "mtu": 1450}
        host.kernel.link("add", ifname=outside, kind="veth", master=bridge[0], mtu=1450, state="up", peer=peer)
    return {"Interface": {}}


def discover_new(request, host):
    node = request["DiscoveryData"]
    if node["Self"]:
        return {}
    peers.add(node["Address"])
    for link in host.kernel.get_links():
        if link.get("ifname").startswith("tun-"):
            host.kernel.fdb("append", ifindex=link["index"], lladdr=FLOOD, dst=node["Address"])
    return {}
