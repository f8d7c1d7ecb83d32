"""The layer between two hosts on the walk from container to container: a vxlan link on each host's bridge."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workshop.course.view import Link, Neighbour, told

if TYPE_CHECKING:
    from workshop.course.path import Side

    End = tuple[Side, Link]
    """One side of the walk, and the bridge on its host."""

Told = tuple[str, str]
"""What should be there, and what is."""

FLOOD = "00:00:00:00:00:00"
"""Whose entries in a tunnel's forwarding table say which hosts get what is for all, or for nobody knows where."""

_OTHERS = ("geneve", "gretap", "ip6gretap", "tun")
"""Kinds of tunnels that are not judged here."""


def broken_tunnel(source: End, target: End, address: str) -> Iterator[Told]:
    """What is wrong between two bridges, each with its side of the walk; the first of it is the cause."""
    ports = [side.host.ports(bridge) for side, bridge in (source, target)]
    if any(port.kind in _OTHERS or port.info.get("external") for port in (*ports[0], *ports[1])):
        return
    for (side, bridge), found in zip((source, target), ports, strict=True):
        yield from _missing(side, bridge, found)
    if not all(map(_vxlans, ports)):
        return
    here, there = source[0], target[0]
    first, second = _pair(*ports)
    yield from _different(here, there, first, second)
    for side, link in ((here, first), (there, second)):
        yield from _own(side, link)
    yield from _unreached(here, there, first)
    if not second.info.get("learning"):
        yield from _unreached(there, here, second)
    yield from _lost(here, there, first, address)


def _vxlans(links: list[Link]) -> list[Link]:
    return [link for link in links if link.kind == "vxlan"]


def _pair(first: list[Link], second: list[Link]) -> tuple[Link, Link]:
    """The tunnel's two ends; where a bridge has several, those that belong together."""
    pairs = [(one, other) for one in _vxlans(first) for other in _vxlans(second)]
    return next((pair for pair in pairs if pair[0].info.get("vni") == pair[1].info.get("vni")), pairs[0])


def _missing(side: Side, bridge: Link, ports: list[Link]) -> Iterator[Told]:
    found = _vxlans(ports)
    if not found:
        names = ", ".join(port.name for port in ports) or "none"
        loose = "; ".join(_told(link) for link in _vxlans(side.host.links)) or "none"
        yield (
            f"a vxlan link on {bridge.name}, the bridge of {side.name} on {side.where}",
            f"ports of {bridge.name}: {names}; vxlan links on {side.where}: {loose}",
        )
    if found and not any(link.up for link in found):
        yield (f"{found[0].name} on {side.where} up", f"{found[0].name} is {found[0].state}")


def _different(source: Side, target: Side, first: Link, second: Link) -> Iterator[Told]:
    """What both ends have to agree on: whose packets they are, and where they are listened for."""
    for key, name in (("vni", "VNI"), ("port", "UDP port")):
        if first.info.get(key) != second.info.get(key):
            yield (
                f"the same {name} on both hosts",
                f"{first.name} on {source.where} has {name} {first.info.get(key)}, "
                f"{second.name} on {target.where} has {second.info.get(key)}",
            )
    groups = {first.info.get("group"), second.info.get("group")}
    if len(groups) > 1 and all(map(_is_group, groups)):
        yield ("the same multicast group on both hosts", " and ".join(sorted(map(str, groups))))


def _own(side: Side, link: Link) -> Iterator[Told]:
    """A host sends from an address that it has, and not to itself."""
    local = link.info.get("local")
    holder = side.host.holder(local) if local else None
    if local and (holder is None or holder.kind == "bridge"):
        where = f"which is the network's own, on {holder.name}" if holder else f"which no link of {side.where} has"
        yield (
            f"{link.name} sends from an address by which {side.where} is reached, such as {side.address}",
            f"{link.name} has local {local}, {where}",
        )
    mine = [each for each in _entries(side, link) if each.mac == FLOOD and _has(side, each.dst)]
    if mine:
        yield (
            f"{link.name} on {side.where} sends to other hosts",
            f"{_entry(mine[0])} is {side.where} itself: what a container sends to all comes back",
        )


def _unreached(source: Side, target: Side, link: Link) -> Iterator[Told]:
    """What is for all, such as the question who has an address, has to get to the other host."""
    entries = _entries(source, link)
    if any(each.mac == FLOOD and (_has(target, each.dst) or _is_group(each.dst)) for each in entries):
        return
    macs, by_hand = {each.mac for each in target.links()}, [each for each in entries if each.state == "permanent"]
    if any(each.mac in macs and _has(target, each.dst) for each in by_hand):
        return  # told where everybody is
    yield (
        f"an entry {FLOOD} dst {target.address} ({target.where}) in the forwarding table of {link.name} "
        f"on {source.where}",
        f"entries of {link.name}: {'; '.join(map(_entry, by_hand)) or 'none that somebody has made'}",
    )


def _lost(source: Side, target: Side, link: Link, address: str) -> Iterator[Told]:
    holder = target.inside.holder(address)
    for each in _entries(source, link):
        if holder is not None and each.mac == holder.mac and not _has(target, each.dst):
            yield (f"{each.mac} ({target.name}) at {target.address} ({target.where})", _entry(each))


def _entries(side: Side, link: Link) -> list[Neighbour]:
    """What the tunnel's own forwarding table has; the bridge's entries for it have no ``dst``."""
    return [each for each in side.host.fdb if each.link == link.name and each.dst]


def _entry(each: Neighbour) -> str:
    return f"{each.mac} dst {each.dst}"


def _has(side: Side, address: str | None) -> bool:
    return bool(address) and side.host.holder(str(address)) is not None


def _is_group(address: str | None) -> bool:
    return bool(address) and ipaddress.ip_address(str(address)).is_multicast


def _told(link: Link) -> str:
    return f"{told(link)} VNI {link.info.get('vni')}"
