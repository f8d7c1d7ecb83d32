"""What tunnels know of other hosts: forwarding entries for their peers, and neighbours for containers behind them.

All of it is brought to what it should be, in one way, whatever has changed. Entries that the kernel has learned by
itself are left alone, but for those at a host that is no peer any more.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable, Iterator
from typing import Any

from workshop.drivers import naming, vxlan_tunnel
from workshop.drivers import vxlan_memory as memory
from workshop.drivers import vxlan_underlay as underlay
from workshop.drivers.host import Host
from workshop.drivers.rooms import looking_from, seen_from
from workshop.drivers.vxlan_announce import announce
from workshop.kernel.kernel import NetlinkError

EVERYBODY = "00:00:00:00:00:00"
"""The entry for frames to all, and to those whose place is not known: each host of it gets a copy."""

_SELF, _MASTER, _PERMANENT = 0x02, 0x04, 0x80
_NO_ENTRY, _NO_LINK = 2, 19


def of(host: Host, network_id: str, local: str | None) -> list[str]:
    """The peers that a network's tunnel should have: the user's and the nodes, without this host."""
    version = ipaddress.ip_address(local).version if local else None
    named = [*(memory.row_of(host, network_id).get("peers") or ()), *memory.others(host)]
    own = underlay.own_among(host.outside, named)
    return [
        peer
        for peer in dict.fromkeys(named)
        if peer not in own and version in (None, ipaddress.ip_address(peer).version)
    ]


def program(host: Host, network_id: str) -> bool:
    """Let a network's tunnel have just its peers; say whether it got new ones. Nothing is done if it is not there."""
    with memory.LOCK, looking_from(host, network_id) as host, _gone_meanwhile(_NO_LINK):
        tunnel = vxlan_tunnel.data_of(host, network_id)
        if not tunnel:
            return False
        index, entries = tunnel["index"], _entries(host, tunnel["index"])
        gateway = {"mac": vxlan_tunnel.gateway_mac(tunnel["vni"]), "dst": tunnel["local"], "permanent": True}
        if gateway not in entries:
            vxlan_tunnel.keep_the_gateway(host, index, tunnel["vni"], tunnel["local"])
        if tunnel["group"]:
            return False
        wanted = of(host, network_id, tunnel["local"])
        there = {entry["dst"] for entry in entries if entry["mac"] == EVERYBODY}
        for entry in entries:
            learned = entry["mac"] != EVERYBODY and not entry["permanent"]
            if entry["dst"] not in wanted and (learned or entry["mac"] == EVERYBODY):
                with _gone_meanwhile(_NO_ENTRY):
                    host.kernel.fdb("del", ifindex=index, lladdr=entry["mac"], dst=entry["dst"])
        new = [peer for peer in wanted if peer not in there]
        for peer in new:
            host.kernel.fdb("append", ifindex=index, lladdr=EVERYBODY, dst=peer)
        return bool(new)
    return False


def program_all(host: Host) -> None:
    """The same for all networks; new peers are told where the containers are."""
    for network_id in memory.created(host):
        if program(host, network_id):
            for endpoint in host.store.endpoints_of(network_id).values():
                tell(host, network_id, endpoint)


def tell(host: Host, network_id: str, endpoint: dict[str, Any]) -> None:
    """Let a network's peers know that an endpoint is on this host."""
    interface = endpoint.get("Interface") or {}
    if mac := interface.get("MacAddress"):
        with looking_from(host, network_id) as place:
            announce(place, naming.tunnel(network_id), mac, interface.get("Address") or "")


def came_here(host: Host, network_id: str, mac: str) -> None:
    """A container with this MAC address starts on this host: it is not behind the tunnel any more."""
    host = seen_from(host, network_id)
    index = host.kernel.index(naming.tunnel(network_id))
    for flags in (_SELF, _MASTER) if index is not None else ():  # the tunnel's own table, and the bridge's for it
        with contextlib.suppress(NetlinkError):  # there is none; or a kernel before 5.0, which cannot be asked for one
            if not host.kernel.fdb("get", ifindex=index, lladdr=mac, flags=flags)[0]["state"] & _PERMANENT:
                host.kernel.fdb("del", ifindex=index, lladdr=mac, flags=flags)


def answer_for(host: Host, network_id: str, bridge: str, pools: Iterable[Any]) -> None:
    """Let the bridge answer for the containers that are known to be behind the tunnel, and for no others.

    A MAC address that was made from an IPv4 address tells it. The bridge answers only while it has seen the MAC come
    from the tunnel; whom it does not know, it asks for everywhere, as always. (The tunnel's own proxy would swallow
    those questions.)
    """
    with memory.LOCK, looking_from(host, network_id) as host, _gone_meanwhile(_NO_LINK):
        tunnel, master = vxlan_tunnel.data_of(host, network_id), host.kernel.index(bridge)
        if not tunnel or master is None:
            return
        wanted = {}
        for entry in _entries(host, tunnel["index"]):
            address = vxlan_tunnel.address_of(entry["mac"]) if not entry["permanent"] else None
            if address and any(ipaddress.ip_address(address) in pool for pool in pools):
                wanted[address] = entry["mac"]
        there = _neighbours(host, master)
        for address in there.keys() - wanted.keys():
            with _gone_meanwhile(_NO_ENTRY):
                host.kernel.neigh("del", ifindex=master, dst=address)
        for address, mac in wanted.items():
            if there.get(address) != mac:
                host.kernel.neigh("replace", ifindex=master, dst=address, lladdr=mac, state="permanent")


def _neighbours(host: Host, index: int) -> dict[str, str]:
    found = host.kernel.get_neighbours(family=socket.AF_INET, ifindex=index)
    return {str(each.get("dst")): str(each.get("lladdr")) for each in found if each["state"] & _PERMANENT}


def _entries(host: Host, index: int) -> list[dict[str, Any]]:
    """A tunnel's forwarding entries: ``mac``, ``dst``, and whether they are ``permanent``: not learned."""
    return [
        {"mac": str(each.get("lladdr")), "dst": str(each.get("dst")), "permanent": bool(each["state"] & _PERMANENT)}
        for each in host.kernel.fdb("dump", ifindex=index)
        if each.get("dst")  # the bridge's table has entries for its port, too
    ]


@contextlib.contextmanager
def _gone_meanwhile(code: int) -> Iterator[None]:
    """Pass over what is not there any more: entries age, and a network may be removed while nodes come and go."""
    try:
        yield
    except NetlinkError as error:
        if error.code != code:
            raise
