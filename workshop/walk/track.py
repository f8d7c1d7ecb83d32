"""From captured frames to the way that one packet took: what belongs to the probe, in order, without side branches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from workshop.walk import packet
from workshop.walk.capture import Frame
from workshop.walk.copies import is_copy
from workshop.walk.facts import HOST, OUTSIDE, Facts, Link, Space
from workshop.walk.packet import Packet
from workshop.walk.probe import Mark


@dataclass(frozen=True)
class Sighting:
    """A packet at a link: ``space`` is the namespace's ID, ``index`` the link's; going ``in`` or ``out``, and when."""

    space: str
    index: int
    direction: str
    at: float
    packet: Packet

    @property
    def link(self) -> str:
        """The link's ID."""
        return f"{self.space}/{self.index}"


@dataclass
class Tracks:
    """What was seen of a probe: its way ``there`` and ``back``, ``errors`` about it, and ``arps`` (also IPv6's)."""

    there: list[Sighting] = field(default_factory=list)
    back: list[Sighting] = field(default_factory=list)
    errors: list[Sighting] = field(default_factory=list)
    arps: list[Sighting] = field(default_factory=list)


def tunnel_ports(facts: Facts) -> frozenset[int]:
    """The UDP ports at which tunnels listen, and the usual one."""
    found = {link.info.get("port") for _, link in facts.links() if link.kind == "vxlan"}
    return frozenset({packet.VXLAN_PORT, *(port for port in found if port)})


def sort(frames: Iterable[Frame], mark: Mark, facts: Facts) -> tuple[Tracks, list[Frame]]:
    """What the frames show of a probe, each place once for each way; and the frames that this comes from."""
    tracks, kept, ports = Tracks(), [], tunnel_ports(facts)
    names = {(space.id, link.name): link.index for space, link in facts.links()}
    seen: set[tuple[object, ...]] = set()
    ways = {"there": tracks.there, "back": tracks.back, "error": tracks.errors}
    for frame in frames:
        index = names.get((frame.space, frame.link))
        if index is None:
            continue
        found = packet.read(frame.data, ports)
        way = mark.way(found)
        if not way and found.what != "arp":
            continue
        kept.append(frame)
        sighting = Sighting(frame.space, index, frame.direction, frame.at, found)
        behind = found.tunnel.target if found.tunnel else None  # to each of several hosts, a copy
        key = (way, sighting.link, frame.direction, behind, *_of_arp(found, way))
        if key in seen:
            continue
        seen.add(key)
        ways.get(way, tracks.arps).append(sighting)
    for seen_there in (tracks.there, tracks.back, tracks.errors, tracks.arps):
        _untie(seen_there, facts)
    return tracks, kept


def _untie(seen: list[Sighting], facts: Facts) -> None:
    """Put in order what has the same time: a packet that is handed on to another namespace may keep its time."""
    for number in range(len(seen) - 1):
        one, other = seen[number : number + 2]
        if one.at == other.at and leads(other, one, facts) and not leads(one, other, facts):
            seen[number : number + 2] = other, one


def _of_arp(found: Packet, way: str) -> tuple[str, ...]:
    return (found.kind, found.source, found.target) if not way else ()


def chain(seen: list[Sighting], facts: Facts, target: Space | None = None) -> list[Sighting]:
    """The way of one packet out of all places where it, or a copy of it, was seen.

    A bridge that does not know where somebody is sends copies to all its ports: those that lead elsewhere are left out.
    """
    if not seen:
        return []
    found = [_end(seen, facts, target)]
    while True:
        before = seen[: seen.index(found[0])]
        step = next((one for one in reversed(before) if leads(one, found[0], facts)), None)
        if step is None:
            break
        found.insert(0, step)
    if found[0] == seen[0]:
        return found
    own = {seen[0].space, target.id} if target is not None else set()
    return _forward([one for one in seen if not own or one is seen[0] or not is_copy(one, facts, own)], facts)


def _forward(seen: list[Sighting], facts: Facts) -> list[Sighting]:
    """From where the packet began, as far as one place leads to the next."""
    found = [seen[0]]
    for one in seen[1:]:
        if leads(found[-1], one, facts):
            found.append(one)
    return found


def _end(seen: list[Sighting], facts: Facts, target: Space | None) -> Sighting:
    """Where the packet was last, as near to where it was to go as it was seen."""
    if target is None:
        return _forward(seen, facts)[-1]
    unpacked = [one for one in seen if one.packet.tunnel is None]  # what is in a tunnel has not arrived
    spaces = [one for one in unpacked if one.space == target.id]
    if spaces:
        arrived = [one for one in spaces if _is_answered_at(one, facts)]  # copies may have gone on from there
        return (arrived or spaces)[-1]
    doors = {link.peer for link in target.links.values()}
    at_door = [one for one in unpacked if one.link in doors]
    if at_door:
        return at_door[-1]
    own = {seen[0].space, target.id}
    originals = [one for one in seen if not is_copy(one, facts, own)]
    host = [one for one in originals if facts.spaces[one.space].host == target.host]
    return (host or originals or seen)[-1]


def _is_answered_at(one: Sighting, facts: Facts) -> bool:
    """Whether a question who has an address has come to the link that has it."""
    link, found = facts.link(one.link), one.packet
    asks = one.direction == "in" and found.what == "arp" and found.kind == "request"
    return asks and link is not None and link.holds(found.target)


def leads(one: Sighting, other: Sighting, facts: Facts) -> bool:
    """Whether a packet that was at ``one`` comes to ``other`` with nothing in between that would show it."""
    here, there = facts.link(one.link), facts.link(other.link)
    if here is None or there is None:
        return False
    before, after = one.packet.tunnel, other.packet.tunnel
    if before is None and after is not None:
        return _packs(one, here, other, facts)
    if before is not None and after is None:
        return _unpacks(one, other, there, facts)
    if before and after and (before.target, before.vni) != (after.target, after.vni):
        return False  # a copy that goes to another host
    if one.space != other.space:
        if one.direction == "out" and other.direction == "in" and here.peer == there.id:
            return True
        up = one.direction == "in" and other.direction == "in" and _sits_on(there, here)
        return up or (one.direction == "out" and _sits_on(here, there)) or _unseen_between(one, other, facts)
    if one.direction == "in":
        return _inside(here, other, there)
    # out and out: down from a bridge to its port, from a sublink to its parent
    if other.direction == "out":
        down = here.kind == "bridge" and there.master == here.index
        return down or here.parent == there.index
    return here.parent == there.index or here.peer == there.id


def _inside(here: Link, other: Sighting, there: Link) -> bool:
    """Whether what came in by ``here`` comes to ``there`` in the same namespace."""
    if other.direction == "in":  # up: from a port to its bridge, from a parent to what sits on it
        return here.master == there.index or there.parent == here.index
    if here.master is not None:
        return here.master == there.master
    return there.master != here.index  # what a host sends to a port of its bridge, it sends through the bridge


def _sits_on(child: Link, parent: Link) -> bool:
    """Whether a link in a container is on a parent that is on its host."""
    return child.kind not in ("veth", "netkit") and child.peer == parent.id


def _packs(one: Sighting, here: Link, other: Sighting, facts: Facts) -> bool:
    """Whether a tunnel packed it: then it goes out, packed, where the tunnel's packets are sent."""
    both_out = (one.direction, other.direction) == ("out", "out")
    return both_out and here.kind == "vxlan" and facts.carrier(here).id == other.space


def _unpacks(one: Sighting, other: Sighting, there: Link, facts: Facts) -> bool:
    """Whether a tunnel unpacked it: it came in, packed, where the tunnel's packets are received."""
    both_in = (one.direction, other.direction) == ("in", "in")
    return both_in and there.kind == "vxlan" and facts.carrier(there).id == one.space


def _unseen_between(one: Sighting, other: Sighting, facts: Facts) -> bool:
    """Whether one host's cable is the other's: two hosts without anything in between that is looked at."""
    spaces = [facts.spaces[each.space] for each in (one, other)]
    if any(space.role == OUTSIDE for space in facts.spaces.values()) or {space.role for space in spaces} != {HOST}:
        return False
    if any(facts.peer_space(link) for each in (one, other) if (link := facts.link(each.link))):
        return False  # a pair, not a cable
    hosts = spaces[0].host != spaces[1].host
    return hosts and one.direction == "out" and other.direction == "in" and one.packet == other.packet
