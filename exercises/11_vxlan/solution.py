"""Exercise 11: a network that reaches across hosts. On each host a bridge, and between the bridges a VXLAN tunnel.

container ═══ bridge ─── vxlan ····· UDP, port 4789 ····· vxlan ─── bridge ═══ container
"""

import hashlib
import ipaddress

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import (
    CreateEndpointAnswer,
    CreateEndpointRequest,
    CreateNetworkRequest,
    DiscoveryRequest,
    Empty,
)

GENERIC = "com.docker.network.generic"
MTU = 1500 - 50  # what the hosts' own network carries, less what VXLAN puts in front of every frame
PORT = 4789
EVERYBODY = "00:00:00:00:00:00"  # the entry for frames to all, and to whoever has not been heard yet
TUNNEL = "vx-"  # how the names of our tunnels begin, and of nobody else's

peers: set[str] = set()  # the addresses of the other hosts


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: called on each host by itself. The NetworkID is another on each."""
    network_id, kernel, vni = request["NetworkID"], host.kernel, vni_of(request)
    bridge, tunnel = names(network_id)
    if kernel.link_lookup(ifname=tunnel):
        return {}  # Docker asks again
    kernel.link("add", ifname=bridge, kind="bridge", address=mac_of(network_id), mtu=MTU, state="up")
    (index,) = kernel.link_lookup(ifname=bridge)
    try:
        for pool in [*(request.get("IPv4Data") or []), *(request.get("IPv6Data") or [])]:
            if pool.get("Gateway"):
                gateway = ipaddress.ip_interface(pool["Gateway"])
                flags = {"flags": 0x02} if gateway.version == 6 else {}  # IFA_F_NODAD: it can be used at once
                kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen, **flags)
        # The kernel has one tunnel for each VNI, and refuses a second one: then nothing of this network may stay.
        kernel.link(
            "add", ifname=tunnel, kind="vxlan", vxlan_id=vni, vxlan_port=PORT, master=index, mtu=MTU, state="up"
        )
        (end,) = kernel.link_lookup(ifname=tunnel)
        for peer in peers:  # those that we were told of before there was this network
            kernel.fdb("append", ifindex=end, lladdr=EVERYBODY, dst=peer)
    except Exception as error:
        for name in (tunnel, bridge):
            for left in kernel.link_lookup(ifname=name):
                kernel.link("del", index=left)
        raise PluginError(f"a tunnel with the VNI {vni} cannot be made: {error}") from error
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a pair, as for every bridge, but with the tunnel's MTU."""
    endpoint_id, kernel = request["EndpointID"], host.kernel
    asked = request.get("Interface") or {}
    bridge = kernel.link_lookup(ifname=names(request["NetworkID"])[0])
    if not bridge:
        raise PluginError(f"there is no network {request['NetworkID'][:12]} on this host")
    outside, inside = f"wsh{endpoint_id[:10]}", f"wsc{endpoint_id[:10]}"
    mac = asked.get("MacAddress") or mac_of(endpoint_id)
    if not kernel.link_lookup(ifname=outside):
        peer = {"ifname": inside, "address": mac, "mtu": MTU}
        kernel.link("add", ifname=outside, kind="veth", master=bridge[0], mtu=MTU, state="up", peer=peer)
    return {"Interface": {} if asked.get("MacAddress") else {"MacAddress": mac}}


def discover_new(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverNew: a host has joined the cluster; every tunnel sends to it from now on."""
    address = peer_of(request)
    if address:
        peers.add(address)
        for index in tunnels(host):
            # "append" is content if the entry is there, and leaves those of other hosts.
            host.kernel.fdb("append", ifindex=index, lladdr=EVERYBODY, dst=address)
    return {}


def discover_delete(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverDelete: a host has left; nobody sends to it any more."""
    address = peer_of(request)
    if address in peers:
        peers.remove(address)
        for index in tunnels(host):
            host.kernel.fdb("del", ifindex=index, lladdr=EVERYBODY, dst=address)
    return {}


def names(network_id: str) -> tuple[str, str]:
    """The names of a network's bridge and tunnel on this host."""
    return f"br-{network_id[:12]}", f"{TUNNEL}{network_id[:12]}"


def vni_of(request: CreateNetworkRequest) -> int:
    """The number that `-o vni=` gives, by which hosts know a network: it has 24 bits."""
    text = ((request.get("Options") or {}).get(GENERIC) or {}).get("vni") or ""
    if not (text.isdecimal() and 0 < int(text) < 1 << 24):
        raise PluginError(f"this network needs a VNI of its own, -o vni=1 to 16777215, and has {text!r}")
    return int(text)


def peer_of(request: DiscoveryRequest) -> str | None:
    """The address of another host; ``None`` if it is this one, or if the call is not about a host."""
    node = request.get("DiscoveryData") or {}
    return node.get("Address") if request["DiscoveryType"] == 1 and not node.get("Self") else None


def tunnels(host: Host) -> list[int]:
    """All our tunnels on this host, by index."""
    return [link["index"] for link in host.kernel.get_links() if (link.get("ifname") or "").startswith(TUNNEL)]


def mac_of(identity: str) -> str:
    """A MAC address that is always the same for one ID."""
    digest = hashlib.sha256(identity.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))
