"""The walk between two containers, layer by layer: what breaks first is told, with what is really there.

Only views are looked at (see ``view``): nothing is sent, nothing is changed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from workshop.course.tunnel import broken_tunnel
from workshop.course.view import Link, Neighbour, Route, View, told

Layer = Literal["link up", "master", "parent", "address", "route", "tunnel", "neighbour", "forward chain", "size"]
"""Where it is broken: what the walk looks at, in its order; then what only packets show."""


@dataclass(frozen=True)
class Broken:
    """The first hop that is broken: its layer, what should be there, and what is."""

    layer: Layer
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"{self.layer}: expected {self.expected}, seen {self.seen}"


_KEEPS_APART = ("private", "vepa", "passthru")
"""Modes of a macvlan in which the kernel hands nothing from one to its neighbour on the same parent."""


@dataclass(frozen=True)
class Side:
    """One end of a walk: the container's name, what is inside of it, and what is on its host.

    ``where`` is the host's name, ``address`` that by which other hosts reach it.
    """

    name: str
    inside: View
    host: View
    where: str = "the host"
    address: str = "its address"

    def links(self) -> list[Link]:
        """The container's links, without its loopback."""
        return [link for link in self.inside.links if link.name != "lo"]

    def outside(self, link: Link) -> Link | None:
        """The host's end of a veth pair whose other end is ``link``."""
        if link.kind != "veth":
            return None
        pairs = (each for each in self.host.links if each.kind == "veth" and each.elsewhere)
        return next((each for each in pairs if each.index == link.other and each.other == link.index), None)

    def parent(self, link: Link) -> Link | None:
        """The link of the host's on which a container's macvlan or ipvlan sits."""
        on_host = link.kind in ("macvlan", "ipvlan") and link.elsewhere
        return self.host.at(link.other or 0) if on_host else None

    def parents(self) -> list[tuple[Link, Link]]:
        """The container's links that sit on one of the host's, each with that."""
        return [(link, parent) for link in self.links() if (parent := self.parent(link)) is not None]


def walk(source: Side, target: Side | None, address: str) -> Broken | None:
    """The first broken hop from one container to ``address``, which is the other's (or anyone's, if ``target`` is
    ``None``); ``None`` if all that can be looked at is as it should be.
    """
    for step in (_links, _masters, _parents, _addresses, _routes, _tunnels, _neighbours):
        for broken in step(source, target, address):
            return broken
    return None


def no_answer(source: Side, target: Side | None, address: str) -> Broken:
    """What is to be told of a ping that gets no answer though nothing on its way is broken."""
    lost = next(_unresolved(source, target, address), None)
    if lost is not None:
        return lost
    for link, parent in source.parents():
        return Broken(
            "parent",
            f"an answer from {address}, by way of {parent.name}",
            f"none; {_sits(link, parent)}, up, and so is the parent: what {source.name} sends leaves by it",
        )
    bridge = _bridge_of(source)
    where = f"from {bridge} to {bridge}" if bridge else f"to {address}"
    policies = _policy(source.host)
    if target is not None and _on_two_hosts(source, target):
        ends = [f"{_bridge_of(side) or side.name} on {side.where}" for side in (source, target)]
        where = f"from {ends[0]} to {ends[1]}"
        policies = f"on {source.where} {policies}; on {target.where} {_policy(target.host)}"
    return Broken(
        "forward chain",
        f"a rule that lets packets {where} through",
        "the packets are dropped on their way: links, addresses, routes and neighbours are as they should be; "
        + policies,
    )


def _bridge_of(side: Side) -> str | None:
    return next((out.master.name for link in side.links() if (out := side.outside(link)) and out.master), None)


def _policy(host: View) -> str:
    dropping = [line for line in host.rules if "hook forward" in line and "policy drop" in line]
    return f"the host has `{dropping[0]}`" if dropping else "no chain of the host has the policy drop"


def _sides(source: Side, target: Side | None) -> Iterator[Side]:
    yield source
    if target is not None:
        yield target


def _links(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    for side in _sides(source, target):
        if not side.links():
            yield Broken("link up", f"an interface in {side.name}", f"{side.name} has only lo")
        for link in side.links():
            if not link.up:
                yield Broken("link up", f"{link.name} in {side.name} up", f"{link.name} is {link.state}")
            outside = side.outside(link)
            if outside is None:
                continue
            if not outside.up:
                expected = f"{outside.name} up, the host's end of {link.name} in {side.name}"
                yield Broken("link up", expected, f"{outside.name} is {outside.state}")
            if outside.master is not None and not outside.master.up:
                yield Broken("link up", f"{outside.master.name} up", f"{outside.master.name} is {outside.master.state}")


def _parents(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    """What sits on a link of the host needs that up; neighbours need the same one, and a mode that lets them meet."""
    for side in _sides(source, target):
        for link, parent in side.parents():
            if not parent.up:
                seen = f"{parent.name} is {parent.state}"
                yield Broken("parent", f"{parent.name} up, on which {link.name} in {side.name} sits", seen)
    if target is None or source.host.namespace != target.host.namespace or _first_hop(source, address):
        return
    mine = [each for each in source.parents() if _is_on_subnet(each[0], address)]
    theirs = [each for each in target.parents() if _is_on_subnet(each[0], address)]
    if not (mine and theirs):
        return
    (link, parent), (other, beside) = mine[0], theirs[0]
    if parent.index != beside.index:
        told_both = f"{_sits(link, parent)}, {_sits(other, beside)}"
        yield Broken("parent", f"{source.name} and {target.name} on one parent", told_both)
    for side, each, below in ((source, link, parent), (target, other, beside)):
        if each.info.get("mode") in _KEEPS_APART:
            yield Broken("parent", f"{each.name} in {side.name} in mode bridge", _sits(each, below))


def _sits(link: Link, parent: Link) -> str:
    return f"{link.name} is a {link.kind} in mode {link.info.get('mode')} on {parent.name}"


def _masters(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    """Two containers that take each other for neighbours must each be on a bridge, of one host on the same."""
    if target is None or _first_hop(source, address):
        return
    ends = [(side, *end) for side in (source, target) for end in _ends(side, address)]
    for side, link, out in ends:
        if _is_routed(side, link, out):
            return  # the host itself knows the way to this container
        if out.master is None:
            bridges = [each for each in side.host.links if each.kind == "bridge"]
            expected = f"{out.name}, the host's end of {link.name} in {side.name}, on the network's bridge"
            yield Broken("master", expected, f"{told(out)}: on no bridge; there is {told(bridges)}")
    masters = {out.master.name: out for _, _, out in ends if out.master is not None}
    if len(masters) > 1 and not _on_two_hosts(source, target):
        first, second = list(masters.values())[:2]
        yield Broken("master", f"{first.name} and {second.name} on one bridge", told([first, second]))


def _ends(side: Side, address: str) -> list[tuple[Link, Link]]:
    """The pairs by which a container is on the subnet of an address: its own end, and the host's."""
    pairs = [(link, side.outside(link)) for link in side.links() if _is_on_subnet(link, address)]
    return [(link, out) for link, out in pairs if out is not None]


def _on_two_hosts(source: Side, target: Side | None) -> bool:
    return target is not None and source.host.namespace != target.host.namespace


def _tunnels(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    """Between two hosts, what is for a neighbour goes from bridge to bridge through a tunnel."""
    if target is None or not _on_two_hosts(source, target) or _first_hop(source, address):
        return
    bridges = [out.master for side in (source, target) for _, out in _ends(side, address)[:1] if out.master]
    if len(bridges) == 2:  # without bridges, it is some other way
        for expected, seen in broken_tunnel((source, bridges[0]), (target, bridges[1]), address):
            yield Broken("tunnel", expected, seen)


def _is_routed(side: Side, link: Link, outside: Link) -> bool:
    """Whether the host sends what is for a container straight to its end of the pair."""
    own = [each.partition("/")[0] for version in (4, 6) for each in link.addresses_of(version)]
    return any(routes[0].link == outside.name for each in own if (routes := side.host.routes_to(each)))


def _addresses(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    if target is not None and target.inside.holder(address) is None:
        yield Broken("address", f"{address} in {target.name}", _addresses_of(target))
    version = ipaddress.ip_address(address).version
    if not any(link.addresses_of(version) for link in source.links()):
        yield Broken("address", f"an IPv{version} address in {source.name}", _addresses_of(source))


def _addresses_of(side: Side) -> str:
    return f"{side.name} has {told(side.links())}"


def _routes(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    found = source.inside.routes_to(address)
    if not found:
        yield Broken("route", f"a route to {address} in {source.name}", _routes_of(source))
        return
    hop = found[0].gateway
    if hop is not None and not _reaches(source, hop):
        yield Broken("route", f"the gateway {hop} on a subnet of {source.name}", _routes_of(source))
    version = ipaddress.ip_address(address).version
    mine = [each.partition("/")[0] for link in source.links() for each in link.addresses_of(version)]
    if target is not None and mine and not any(target.inside.routes_to(each) for each in mine):
        yield Broken("route", f"a route back to {mine[0]} in {target.name}", _routes_of(target))


def _routes_of(side: Side) -> str:
    routes = [str(route) for route in side.inside.routes if route.link != "lo" and not route.dst.startswith("f")]
    return f"the routes of {side.name}: {'; '.join(routes) or 'none'}"


def _neighbours(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    """Who is asked for by the next hop's address has to be somebody; a routing host answers for others (proxy ARP)."""
    hop = _first_hop(source, address)
    if hop is not None:
        if not any(source.outside(link) for link in source.links()):
            return  # what is below a macvlan or an ipvlan may be anywhere
        if source.host.holder(hop) is None and (target is None or target.inside.holder(hop) is None):
            yield Broken(
                "neighbour",
                f"somebody who has the gateway's address {hop}",
                f"nobody on the host has it: {told(_addressed(source.host))}",
            )
        return
    real = target.inside.holder(address) if target is not None else None
    known = _known(source, address)
    nearest = {out.mac for link in source.links() if (out := source.outside(link)) is not None}
    if real is not None and known is not None and known.mac and known.mac not in {real.mac, *nearest}:
        yield Broken("neighbour", f"{address} at {real.mac}, the MAC address of {real.name}", f"{_entry(known)}")


def _unresolved(source: Side, target: Side | None, address: str) -> Iterator[Broken]:
    hop = _first_hop(source, address) or address
    known = _known(source, hop)
    if known is not None and known.state in ("failed", "incomplete"):
        yield Broken("neighbour", f"{hop} answers when {source.name} asks who has it", _entry(known))


def _entry(known: Neighbour) -> str:
    return f"{known.address} dev {known.link} {known.mac or 'without a MAC address'} ({known.state})"


def _known(side: Side, address: str) -> Neighbour | None:
    return next((each for each in side.inside.neighbours if each.address == address), None)


def _addressed(view: View) -> list[Link]:
    return [link for link in view.links if link.name != "lo" and link.addresses]


def _first_hop(side: Side, address: str) -> str | None:
    """The gateway by which a container reaches an address, or ``None`` if it takes it for a neighbour."""
    routes: list[Route] = side.inside.routes_to(address)
    return routes[0].gateway if routes else None


def _reaches(side: Side, address: str) -> bool:
    """Whether an address is on a subnet of the container's, or has a route without a gateway."""
    return any(route.gateway is None for route in side.inside.routes_to(address)) or address.startswith("fe80:")


def _is_on_subnet(link: Link, address: str) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_interface(each).network for each in link.addresses)
