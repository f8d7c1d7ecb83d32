"""What was decided at each place where a packet was seen, in words: link by link, from what the kernel knows."""

from __future__ import annotations

from typing import Any

from workshop.walk.case import capital, within
from workshop.walk.facts import DROPPING, FLOOD, OUTSIDE, TO_ALL, Facts, Link, Space, Verdict, on_subnet
from workshop.walk.look import Question
from workshop.walk.packet import RST, SYN, Packet
from workshop.walk.track import Sighting

Decision = dict[str, str]

KINDS = {
    "veth": "the pair of links that a packet goes through",
    "bridge": "a bridge took it, or handed it up to its host",
    "fdb": "a forwarding table said by which port, or to which host",
    "arp": "the neighbour table said which MAC address is next",
    "route": "a routing table said by which link, and by which gateway",
    "nat": "a rule changed an address or a port",
    "firewall": "a rule let it through, or dropped it",
    "tunnel": "it was packed into a tunnel, or unpacked",
    "sublink": "a link that sits on another one",
    "deliver": "it was for this namespace",
    "refuse": "nobody listens there",
}
"""What a decision may be about."""


def questions(there: list[Sighting], back: list[Sighting], source: Space, address: str) -> set[Question]:
    """Which routes have to be asked for, so that what was seen can be explained."""
    wanted = {Question(source.id, address)}
    for seen in (there, back):
        if seen:
            wanted.add(Question(seen[0].space, _outer(seen[0])))
        for one, other in zip(seen, [*seen[1:], None], strict=False):
            found = other.packet if other is not None and other.space == one.space else one.packet
            source_address = found.tunnel.source if found.tunnel else one.packet.source
            target = found.tunnel.target if found.tunnel else found.target
            if one.direction == "in":
                wanted.add(Question(one.space, target, one.index, source_address))
            elif found.tunnel is not None:
                wanted.add(Question(one.space, target))
            elif other is not None and other.packet.tunnel is not None:  # another namespace sends a tunnel's packets
                wanted.add(Question(other.space, other.packet.tunnel.target))
    if there:  # whom an answer would go to
        wanted.add(Question(there[-1].space, there[-1].packet.source))
    return wanted


def _outer(one: Sighting) -> str:
    return one.packet.tunnel.target if one.packet.tunnel else one.packet.target


def hops(seen: list[Sighting], facts: Facts, way: str, began: float, arps: list[Sighting]) -> list[dict[str, Any]]:
    """One hop for each sighting; docs/architecture.md has the shape."""
    found = []
    for number, one in enumerate(seen):
        space, link = facts.spaces[one.space], facts.link(one.link)
        assert link is not None
        following = seen[number + 1] if number + 1 < len(seen) else None
        decided = Teller(facts, arps).decide(one, following, first=number == 0)
        found.append(
            {
                "way": way,
                "host": space.host,
                "where": space.where,
                "role": space.role,
                "link": None if space.role == OUTSIDE else link.id,
                "name": link.name,
                "direction": one.direction,
                "at_ms": round((one.at - began) * 1000, 3),
                "packet": one.packet.told(),
                "decided": decided,
            }
        )
    return found


class Teller:
    """Tells why a packet went from one place to the next."""

    def __init__(self, facts: Facts, arps: list[Sighting]) -> None:
        self._facts, self._arps = facts, arps

    def decide(self, one: Sighting, following: Sighting | None, first: bool = False) -> list[Decision]:
        """What was decided between two sightings; with nothing following, what became of the packet there."""
        link, space = self._facts.link(one.link), self._facts.spaces[one.space]
        assert link is not None
        decided: list[Decision] = []
        if first and one.direction == "out":
            decided += self._sent(space, link, one)
        if following is None:
            return decided + (self._arrived(space, one) if one.direction == "in" else [])
        other = self._facts.link(following.link)
        assert other is not None
        if one.space != following.space:
            return decided + self._crossed(link, one, other, following)
        if one.direction == "out":
            return decided + self._down(space, link, one, other, following)
        return decided + self._through(space, link, one, other, following)

    def _sent(self, space: Space, link: Link, one: Sighting) -> list[Decision]:
        target = one.packet.target
        if one.packet.what == "arp":
            if one.packet.kind == "request":
                return [_row("arp", f"Who has {target}? That is asked of all who are on {link.name}.")]
            return [_row("arp", f"The answer: {one.packet.source} is at {one.packet.source_mac}.")]
        rows = [self._route(space, target, None, link)]
        rows += self._rules(space, one.packet, hooks=("output", "postrouting"))
        return [*rows, *self._next_hop(space, link, target, None)]

    def _arrived(self, space: Space, one: Sighting) -> list[Decision]:
        found = one.packet
        holder = space.holder(found.target)
        if holder is None:
            return []
        if found.what == "arp":
            if found.kind == "request":
                return [_row("deliver", f"It asks for {found.target}, which is an address of {holder.name} here.")]
            return [_row("deliver", f"{capital(space.where)} knows now who has {found.source}.")]
        on = f"{found.target} is an address of {holder.name} here"
        if found.what == "tcp" and found.flags & SYN and not found.flags & RST:
            return [_row("deliver", f"{on}: the packet is for {space.where}, port {found.target_port}.")]
        return [_row("deliver", f"{on}: the packet is for {space.where}.")]

    def _crossed(self, link: Link, one: Sighting, other: Link, following: Sighting) -> list[Decision]:
        there = self._facts.spaces[following.space]
        if one.packet.tunnel is None and following.packet.tunnel is not None:
            return self._packed(self._facts.spaces[one.space], link, one.packet, other, following.packet)
        if one.packet.tunnel is not None and following.packet.tunnel is None:
            text = f"VNI {one.packet.tunnel.vni} is that of {other.name} {within(there)}: unpacked, it comes in there."
            return [_row("tunnel", text)]
        if link.peer == other.id and link.kind in ("veth", "netkit"):
            text = f"A veth pair: what goes in here comes out as {other.name} {within(there)}."
            return [_row("veth", text)]
        child, parent = (link, other) if link.peer == other.id else (other, link)
        if child.peer == parent.id:
            mode = child.info.get("mode")
            told = f"{child.kind}{f' in mode {mode}' if mode else ''}"
            if child is link:
                return [_row("sublink", f"A {told}: it sits on {parent.name} {within(there)}, and sends through it.")]
            return [
                _row("sublink", f"{child.mac} is a {told} on {parent.name}: it goes to {child.name} {within(there)}.")
            ]
        return [_row("veth", f"By cable to {other.name} {within(there)}.")]

    def _down(self, space: Space, link: Link, one: Sighting, other: Link, following: Sighting) -> list[Decision]:
        """Out by one link means out by another: a bridge's port, a tunnel's carrier, a parent."""
        if following.packet.tunnel is not None and one.packet.tunnel is None:
            return self._packed(space, link, one.packet, other, following.packet)
        if link.kind == "bridge":
            return [self._by_port(space, link, one.packet, other)]
        return [_row("sublink", f"{link.name} sits on {other.name}, and sends through it.")]

    def _packed(self, space: Space, link: Link, found: Packet, other: Link, packed: Packet) -> list[Decision]:
        tunnel = packed.tunnel
        assert tunnel is not None
        entry = next((e for e in space.fdb if e.index == link.index and e.dst and e.mac == found.target_mac), None)
        row = f"{found.target_mac} dst {tunnel.target}" if entry else f"{FLOOD} dst {tunnel.target}, as to all"
        carrier = self._facts.space_of(other)
        by = "" if carrier is space else f", sent by {carrier.where}"
        return [
            _row("fdb", f"{link.name} knows the host behind which it is: {row}."),
            _row(
                "tunnel",
                f"Packed into UDP for {tunnel.target} port {tunnel.port}, with VNI {tunnel.vni}: "
                f"{tunnel.source} → {tunnel.target}{by}.",
            ),
            self._route(carrier, tunnel.target, None, other),
        ]

    def _through(self, space: Space, link: Link, one: Sighting, other: Link, following: Sighting) -> list[Decision]:
        """In by one link, and on by another of the same namespace."""
        if one.packet.tunnel is not None and following.packet.tunnel is None:
            text = f"VNI {one.packet.tunnel.vni} is {other.name}'s: unpacked, it comes in there."
            return [_row("tunnel", text)]
        if following.direction == "in":
            if other.kind == "bridge":
                to = "for all" if one.packet.next_mac == TO_ALL else f"for {other.name}'s own MAC address"
                return [_row("bridge", f"The frame is {to}: bridge {other.name} hands it up to {space.where}.")]
            return [_row("sublink", f"It is for {other.name}, which sits on {link.name}.")]
        if link.master is not None and link.master == other.master:
            bridge = space.links.get(link.master)
            rows = [self._by_port(space, bridge, one.packet, other)] if bridge else []
            return rows + self._rules(space, one.packet, hooks=("forward",), bridged=True)
        return self._routed(space, link, one.packet, other, following.packet)

    def _by_port(self, space: Space, bridge: Link, found: Packet, port: Link) -> Decision:
        entry = space.entry(found.next_mac, [port])
        if entry is not None:
            return _row("fdb", f"Bridge {bridge.name} knows {found.next_mac} behind port {port.name}.")
        ports = len(space.ports(bridge.index))
        return _row("bridge", f"Bridge {bridge.name} sends it to all of its {ports} ports: {port.name} is one of them.")

    def _routed(self, space: Space, link: Link, found: Packet, other: Link, after: Packet) -> list[Decision]:
        rows = []
        if _to(found) != _to(after):
            rows.append(self._nat(space, "target", _to(found), _to(after), found, "prerouting"))
        rows.append(self._route(space, after.target, link.index, other))
        rows += self._rules(space, after, hooks=("forward",), came=found)
        if _by(found) != _by(after):
            rows.append(self._nat(space, "source", _by(found), _by(after), found, "postrouting"))
        return [*rows, *self._next_hop(space, other, after.target, link.index)]

    def _nat(self, space: Space, what: str, before: str, after: str, found: Packet, hook: str) -> Decision:
        """An address that is another one afterwards, and the rule that did it."""
        rule = next((v for v in self._of(space, found, None) if v.hook == f"nat {hook}"), None)
        by = f", by the rule {rule.told()}" if rule else ": what the connection changed one way is changed back."
        word = "is for" if what == "target" else "comes from"
        return _row("nat", f"It {word} {after} now, not {before}{by}")

    def _rules(
        self, space: Space, found: Packet, hooks: tuple[str, ...], came: Packet | None = None, bridged: bool = False
    ) -> list[Decision]:
        """The rules that let it through, or dropped it."""
        rows, told = [], set()
        for verdict in self._of(space, came or found, found):
            kind, _, hook = verdict.hook.partition(" ")
            where = (verdict.table, hook, verdict.base)
            if kind != "filter" or hook not in hooks or where in told:
                continue  # later packets of the same connection meet other rules
            told.add(where)
            what = "what is bridged" if bridged else "what is forwarded" if hook == "forward" else "it"
            verb = "drops" if verdict.verdict in DROPPING else "lets through"
            text = f"The firewall {verb} {what}: {verdict.told()}"
            rows.append(_row("firewall", text))
        return rows

    @staticmethod
    def _of(space: Space, before: Packet, after: Packet | None) -> list[Verdict]:
        """What the firewall said of this packet, as it came or as it went on."""
        ends = {(each.source, each.target) for each in (before, after) if each is not None} | {("", "")}
        pairs = ends | {(before.source, after.target)} if after is not None else ends
        return [verdict for verdict in space.verdicts if (verdict.source, verdict.target) in pairs]

    def _route(self, space: Space, target: str, iif: int | None, link: Link) -> Decision:
        route = space.routes.get((target, iif)) or space.routes.get((target, None))
        if route is None or route.error:
            return _row("route", f"{target} is sent by {link.name}.")
        table = "" if route.table == 254 else f" (table {route.table})"
        if route.gateway:
            return _row("route", f"{target} is reached by gateway {route.gateway} on {link.name}{table}.")
        near = "on a subnet of" if on_subnet(link, target) else "reached directly by"
        return _row("route", f"{target} is {near} {link.name}{table}.")

    def _next_hop(self, space: Space, link: Link, target: str, iif: int | None) -> list[Decision]:
        """Which MAC address comes next, and how that is known."""
        route = space.routes.get((target, iif)) or space.routes.get((target, None))
        wanted = (route.gateway if route else None) or target
        known = space.neighbour(wanted, link.index)
        if known is None or not known.mac:
            return []
        asked = any(
            one.packet.target == wanted and one.packet.kind == "request" and one.space == space.id for one in self._arps
        )
        if known.state == "permanent":
            how = "written in the neighbour table"
        else:
            how = "asked for, and answered" if asked else "known from before"
        return [_row("arp", f"{wanted} has MAC address {known.mac} ({how}).")]


def _row(kind: str, text: str) -> Decision:
    return {"kind": kind, "text": text}


def _to(found: Packet) -> str:
    return f"{found.target}:{found.target_port}" if found.target_port else found.target


def _by(found: Packet) -> str:
    return f"{found.source}:{found.source_port}" if found.source_port else found.source
