# cause: answers
"""Counts on it that this host is told of itself before there is a network."""

import hashlib

nodes = set()
own = {}


def discover_new(request, host):
    data = request.get("DiscoveryData") or {}
    if request["DiscoveryType"] != 1 or not data.get("Address"):
        return {}
    if data.get("Self"):
        own["address"] = data.get("BindAddress") or data["Address"]
        return {}
    nodes.add(data["Address"])
    for network_id in host.networks:
        send_to(data["Address"], network_id, host)
    return {}


def discover_delete(request, host):
    address = (request.get("DiscoveryData") or {}).get("Address")
    if request["DiscoveryType"] != 1 or address not in nodes:
        return {}
    nodes.remove(address)
    for network_id in host.networks:
        for index in host.kernel.link_lookup(ifname=tunnel_of(network_id)):
            host.kernel.fdb("del", ifindex=index, lladdr="00:00:00:00:00:00", dst=address)
    return {}


def send_to(node, network_id, host):
    for index in host.kernel.link_lookup(ifname=tunnel_of(network_id)):
        host.kernel.fdb("append", ifindex=index, lladdr="00:00:00:00:00:00", dst=node)


def create_network(request, host):
    """NetworkDriver.CreateNetwork: bridge and tunnel, which sends to the nodes that are known by now."""
    network_id, kernel = request["NetworkID"], host.kernel
    bridge, tunnel = f"wsb{network_id[:10]}", tunnel_of(network_id)
    if kernel.link_lookup(ifname=tunnel):
        return {}  # Docker asks again
    digest = hashlib.sha256(network_id.encode()).digest()
    number = int.from_bytes(digest[:3], "big")  # the VNI: by it, the other end knows which network a frame is of
    local = {"vxlan_local6" if ":" in own["address"] else "vxlan_local": own["address"]}
    try:
        kernel.link("add", ifname=bridge, kind="bridge", address=f"02:{digest[:5].hex(':')}", state="up")
        (index,) = kernel.link_lookup(ifname=bridge)
        for pool in [*(request.get("IPv4Data") or []), *(request.get("IPv6Data") or [])]:
            if pool.get("Gateway"):
                address, _, length = pool["Gateway"].partition("/")
                kernel.addr("add", index=index, address=address, prefixlen=int(length))
        kind = {"kind": "vxlan", "vxlan_id": number, "vxlan_port": 4789, **local}
        kernel.link("add", ifname=tunnel, master=index, state="up", **kind)
        for node in nodes:
            send_to(node, network_id, host)
    except Exception:
        for index in kernel.link_lookup(ifname=tunnel) + kernel.link_lookup(ifname=bridge):
            kernel.link("del", index=index)
        raise
    return {}


def tunnel_of(network_id):
    """The name of a network's tunnel. It speaks IPv4 or IPv6, as the address that it sends from, and not both."""
    return f"wsx{network_id[:10]}"
