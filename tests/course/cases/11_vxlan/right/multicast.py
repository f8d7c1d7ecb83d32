"""Nobody is told of anybody: what is for all goes to a multicast group of the hosts' own network."""

import ipaddress

from workshop import PluginError


def uplink(host):
    """The link by which this host reaches others."""
    for route in host.kernel.get_default_routes(family=2):
        return route.get("oif")
    raise PluginError("this host has no way out")


def create_network(request, host):
    vni = (request["Options"].get("com.docker.network.generic") or {}).get("vni")
    if vni is None or not vni.isdigit() or not 0 < int(vni) < 1 << 24:
        raise PluginError("-o vni=NUMBER is needed, from 1 to 16777215")
    bridge, tunnel = "b" + request["NetworkID"][:10], "t" + request["NetworkID"][:10]
    kernel = host.kernel
    if kernel.link_lookup(ifname=bridge):
        return {}
    group = f"239.1.{int(vni) // 256 % 256}.{int(vni) % 256}"
    facts = {"vxlan_id": int(vni), "vxlan_group": group, "vxlan_link": uplink(host), "vxlan_port": 4789}
    # first the tunnel: if the kernel does not take it, nothing else was made
    kernel.link("add", ifname=tunnel, kind="vxlan", **facts)
    kernel.link(
        "add",
        ifname=bridge,
        kind="bridge",
        address="02:" + ":".join(["0b"] * 3 + [f"{int(vni):04x}"[:2], f"{int(vni):04x}"[2:4]]),
    )
    (index,) = kernel.link_lookup(ifname=bridge)
    for name in (tunnel, bridge):
        kernel.link("set", index=kernel.link_lookup(ifname=name)[0], state="up")
    kernel.link("set", index=kernel.link_lookup(ifname=tunnel)[0], master=index)
    for pool in (request.get("IPv4Data") or []) + (request.get("IPv6Data") or []):
        if pool.get("Gateway"):
            address = ipaddress.ip_interface(pool["Gateway"])
            kernel.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)
    return {}


def create_endpoint(request, host):
    (bridge,) = host.kernel.link_lookup(ifname="b" + request["NetworkID"][:10])
    near, inner = "n" + request["EndpointID"][:10], "i" + request["EndpointID"][:10]
    if not host.kernel.link_lookup(ifname=near):
        # the tunnel has found out by itself what fits: 50 bytes less than the link that it sends by
        mtu = host.kernel.get_links(host.kernel.link_lookup(ifname="t" + request["NetworkID"][:10])[0])[0].get("mtu")
        host.kernel.link("add", ifname=near, kind="veth", peer={"ifname": inner, "mtu": mtu}, mtu=mtu)
        (index,) = host.kernel.link_lookup(ifname=near)
        host.kernel.link("set", index=index, master=bridge, state="up")
    return {"Interface": {}}


def discover_new(request, host):
    return {}
