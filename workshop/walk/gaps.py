"""Gaps between two links: a pair, a tunnel, a bridge that should lead on, and does not."""

from __future__ import annotations

from workshop.walk.case import Case, Reason, down, loose, within
from workshop.walk.facts import FLOOD, OUTSIDE, ROOM, TO_ALL, Entry, Link, Space, on_subnet
from workshop.walk.packet import Packet, Tunnel
from workshop.walk.ways import no_way


def pair(case: Case) -> Reason | None:
    """It went out, and did not come out at the other end."""
    link = case.link
    if case.last is None or link is None or case.last.direction != "out":
        return None
    other = case.facts.link(link.peer)
    if other is not None and other.state == "down":
        return down(case.facts.space_of(other), other)
    if link.state == "no carrier":
        text = f"The other end of {link.name} {within(case.space)} is down, or gone."
        return Reason("link down", text, space=case.space.id, link=link.id)
    return None


def tunnel(case: Case) -> Reason | None:
    """It went into a tunnel, or came out of a host's cable in one."""
    link, last = case.link, case.last
    if link is None or last is None:
        return None
    if last.packet.tunnel is not None:
        return _other_end(case, last.packet.tunnel)
    if link.kind == "vxlan" and last.direction == "out":
        return _into(case, link, last.packet)
    return None


def _into(case: Case, link: Link, found: Packet) -> Reason | None:
    space = case.space
    if link.state == "down":
        return down(space, link)
    entries = [e for e in space.fdb if e.index == link.index and e.dst and e.mac in (found.target_mac, FLOOD)]
    known, far = [e for e in entries if e.mac == found.target_mac], _far(case, link)
    if known and far and all(e.dst != far for e in known):
        return _elsewhere(space, link, known[0], far)
    if known or any(far in ("", e.dst) for e in entries):
        carrier = case.facts.carrier(link)
        return next((found for e in entries if (found := no_way(carrier, e.dst or "", None))), None)
    what = "to which hosts goes what is for all" if found.target_mac == TO_ALL else f"where {found.target_mac} is"
    if entries:
        what = f"that what is for all goes to {far}, too"
    return Reason(
        "no tunnel entry",
        f"The forwarding table of {link.name} {within(space)} does not say {what}.",
        missing=f"bridge fdb append {FLOOD} dev {link.name} dst {far or 'ADDRESS'}",
        space=space.id,
        link=link.id,
    )


def _elsewhere(space: Space, link: Link, entry: Entry, far: str) -> Reason:
    return Reason(
        "no tunnel entry",
        f"The forwarding table of {link.name} {within(space)} says that {entry.mac} is behind {entry.dst}: "
        f"it is behind {far}.",
        missing=f"bridge fdb replace {entry.mac} dev {link.name} dst {far}",
        space=space.id,
        link=link.id,
    )


def _far(case: Case, link: Link) -> str:
    """The address of the host where the target is: that of its end of the same network, if it has one."""
    ends = [
        other
        for space, other in case.facts.links()
        if case.target and space.host == case.target.host and other.kind == "vxlan" and other.id != link.id
    ]
    ends.sort(key=lambda other: other.info.get("vni") != link.info.get("vni"))
    return str(ends[0].info.get("local") or "") if ends else ""


def _other_end(case: Case, outer: Tunnel) -> Reason | None:
    holder = case.facts.holder(outer.target)
    if holder is None:
        return None
    space = holder[0]
    ends = [link for _, link in case.facts.links() if link.kind == "vxlan" and case.facts.carrier(link) is space]
    mine = [link for link in ends if link.info.get("vni") == outer.vni]
    off = next((link for link in mine if link.state == "down"), None)
    if off is not None:
        return down(case.facts.space_of(off), off)
    if not mine:
        told = ", ".join(f"{link.name} has {link.info.get('vni')}" for link in ends) or "there is no tunnel at all"
        return Reason(
            "wrong VNI",
            f"No tunnel of {space.where} has VNI {outer.vni}: {told}.",
            missing=f"the same VNI at both ends, as {outer.vni} at {outer.source}",
            space=case.facts.space_of(ends[0]).id if ends else space.id,
            link=ends[0].id if ends else "",
        )
    space = case.facts.space_of(mine[0])
    if all(link.info.get("port") != outer.port for link in mine):
        return Reason(
            "wrong VNI",
            f"{mine[0].name} of {space.where} listens on UDP port {mine[0].info.get('port')}, not on {outer.port}.",
            missing=f"the same UDP port at both ends, as {outer.port} at {outer.source}",
            space=space.id,
            link=mine[0].id,
        )
    alone = next((link for link in mine if link.master is None), None)
    return loose(case.facts.space_of(alone), alone, None) if alone is not None else None


def bridge(case: Case) -> Reason | None:
    """It is on a bridge: is that up, and are the links that lead on?"""
    link, last, space = case.link, case.last, case.space
    if link is None or last is None:
        return None
    if last.direction == "in" and link.master is None and (own := _should_be_on(case, link)):
        return loose(space, link, own)
    found = link if link.kind == "bridge" else space.links.get(link.master or 0)
    if found is None or found.kind != "bridge":
        return None
    if found.state == "down":
        return down(space, found)
    return _door(case, space, found) or _tunnels(case, space, found)


def _should_be_on(case: Case, link: Link) -> Link | None:
    """The bridge that shares a subnet with the other end of a pair, whose own end is in none; in a network's own
    namespace, the bridge that is there."""
    other = case.facts.link(link.peer)
    if link.addresses or link.kind == "bridge":
        return None
    bridges = [each for each in case.space.links.values() if each.kind == "bridge"]
    return next((each for each in bridges if _belong(case.space, each, other)), None)


def _door(case: Case, space: Space, found: Link) -> Reason | None:
    """The pair behind which the target is, or the gateway to it."""
    for where, inner in case.facts.links():
        outer = case.facts.link(inner.peer)
        if outer is None or case.facts.space_of(outer) is not space or not _is_next(case, where, inner):
            continue
        for home, link in ((space, outer), (where, inner)):
            if link.state == "down":
                return down(home, link)
        if outer.master is None and inner.kind == "veth" and _belong(space, found, inner):
            return loose(space, outer, found)
    return None


def _is_next(case: Case, where: Space, link: Link) -> bool:
    """Whether a link has the address that it is for, or is the one to which its frame is sent."""
    if where is case.target and link.holds(case.address):
        return True
    return case.last is not None and link.mac is not None and link.mac == case.last.packet.next_mac


def _tunnels(case: Case, space: Space, found: Link) -> Reason | None:
    """The tunnel to the host where the target is."""
    if case.target is None or case.target.role == OUTSIDE or case.target.host == space.host:
        return None
    ports = [link for link in space.ports(found.index) if link.kind == "vxlan"]
    off = next((link for link in ports if link.state == "down"), None)
    if off is not None:
        return down(space, off)
    alone = next((link for link in space.links.values() if link.kind == "vxlan" and link.master is None), None)
    return loose(space, alone, found) if alone is not None and not ports else None


def _share(one: Link, other: Link) -> bool:
    """Whether a link is on a subnet of another's."""
    return any(on_subnet(other, address.partition("/")[0]) for address in one.addresses)


def _belong(space: Space, bridge: Link, other: Link | None) -> bool:
    """Whether a pair of which ``other`` is the far end, or a tunnel, should be in a bridge."""
    return space.role == ROOM or (other is not None and _share(bridge, other))
