"""Exercise 9: nodes join the cluster and leave it. What a network sends to everybody has to reach each of them."""

import hashlib

from workshop.course.host import Host
from workshop.protocol.types import CreateNetworkRequest, DiscoveryRequest, Empty

nodes: set[str] = set()  # the addresses of the other nodes, as far as they are known
own: dict[str, str] = {}  # "address": the one from which the tunnels of this host send, once it is known


def discover_new(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverNew: a node has joined the cluster. It may be this host itself."""
    data = request.get("DiscoveryData") or {}
    # TODO: remember it, and let the tunnel of each network that there is send to it.
    print(f"{data.get('Address')} has joined; networks on this host: {len(host.networks)}")
    return {}


def discover_delete(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverDelete: a node has left the cluster."""
    data = request.get("DiscoveryData") or {}
    # TODO: forget it, and let no tunnel send to it any more.
    print(f"{data.get('Address')} has left; networks on this host: {len(host.networks)}")
    return {}


def send_to(node: str, network_id: str, host: Host) -> None:
    """Let a network's tunnel send to this node what is for everybody."""
    # TODO: an entry of the tunnel's forwarding table. host.kernel.link_lookup(ifname=…) gives its index, in a list.
    print(f"{tunnel_of(network_id)} is to send to {node}")


# What follows is done already. Each network is a bridge, and a tunnel (VXLAN) that is plugged into it.


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: bridge and tunnel, which sends to the nodes that are known by now."""
    network_id, kernel = request["NetworkID"], host.kernel
    bridge, tunnel = f"wsb{network_id[:10]}", tunnel_of(network_id)
    if kernel.link_lookup(ifname=tunnel):
        return {}  # Docker asks again
    digest = hashlib.sha256(network_id.encode()).digest()
    number = int.from_bytes(digest[:3], "big")  # the VNI: by it, the other end knows which network a frame is of
    local = {"vxlan_local6" if ":" in own["address"] else "vxlan_local": own["address"]} if own else {}
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


def tunnel_of(network_id: str) -> str:
    """The name of a network's tunnel. It speaks IPv4 or IPv6, as the address that it sends from, and not both."""
    return f"wsx{network_id[:10]}"
