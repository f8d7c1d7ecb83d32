"""Gaps between two links: a pair, a tunnel, a bridge that should lead on, and does not."""

from __future__ import annotations

from workshop.walk.case import Case, Reason, down, loose, within
from workshop.walk.facts import FLOOD, TO_ALL, Link, Space, on_subnet
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
    if entries:
        return next((found for e in entries if (found := no_way(space, e.dst or "", None))), None)
    what = "to which hosts goes what is for all" if found.target_mac == TO_ALL else f"where {found.target_mac} is"
    return Reason(
        "no tunnel entry",
        f"The forwarding table of {link.name} {within(space)} does not say {what}.",
        missing=f"bridge fdb append {FLOOD} dev {link.name} dst {_far(case, link) or 'ADDRESS'}",
        space=space.id,
        link=link.id,
    )


def _far(case: Case, link: Link) -> str:
    """The address of the host where the target is."""
    for space, other in case.facts.links():
        if case.target and space.host == case.target.host and other.kind == "vxlan" and other.id != link.id:
            return str(other.info.get("local") or "")
    return ""


def _other_end(case: Case, outer: Tunnel) -> Reason | None:
    holder = case.facts.holder(outer.target)
    if holder is None:
        return None
    space = holder[0]
    ends = [link for link in space.links.values() if link.kind == "vxlan"]
    mine = [link for link in ends if link.info.get("vni") == outer.vni]
    off = next((link for link in mine if link.state == "down"), None)
    if off is not None:
        return down(space, off)
    if not mine:
        told = ", ".join(f"{link.name} has {link.info.get('vni')}" for link in ends) or "there is no tunnel at all"
        return Reason(
            "wrong VNI",
            f"No tunnel of {space.where} has VNI {outer.vni}: {told}.",
            missing=f"the same VNI at both ends, as {outer.vni} at {outer.source}",
            space=space.id,
            link=ends[0].id if ends else "",
        )
    if all(link.info.get("port") != outer.port for link in mine):
        return Reason(
            "wrong VNI",
            f"{mine[0].name} of {space.where} listens on UDP port {mine[0].info.get('port')}, not on {outer.port}.",
            missing=f"the same UDP port at both ends, as {outer.port} at {outer.source}",
            space=space.id,
            link=mine[0].id,
        )
    alone = next((link for link in mine if link.master is None), None)
    return loose(space, alone, None) if alone is not None else None


def bridge(case: Case) -> Reason | None:
    """It is on a bridge: is that up, and are the links that lead on?"""
    link, last, space = case.link, case.last, case.space
    if link is None or last is None:
        return None
    if last.direction == "in" and link.peer and link.master is None and (own := _should_be_on(case, link)):
        return loose(space, link, own)
    found = link if link.kind == "bridge" else space.links.get(link.master or 0)
    if found is None or found.kind != "bridge":
        return None
    if found.state == "down":
        return down(space, found)
    return _door(case, space, found) or _tunnels(case, space, found)


def _should_be_on(case: Case, link: Link) -> Link | None:
    """The bridge that shares a subnet with the other end of a pair, whose own end is in none."""
    other = case.facts.link(link.peer)
    if other is None or link.addresses:
        return None
    bridges = [each for each in case.space.links.values() if each.kind == "bridge"]
    return next((each for each in bridges if _share(each, other)), None)


def _door(case: Case, space: Space, found: Link) -> Reason | None:
    """The pair behind which the target is."""
    if case.target is None:
        return None
    for inner in case.target.links.values():
        outer = case.facts.link(inner.peer)
        if outer is None or case.facts.space_of(outer) is not space or not inner.holds(case.address):
            continue
        for where, link in ((space, outer), (case.target, inner)):
            if link.state == "down":
                return down(where, link)
        if outer.master is None and inner.kind == "veth" and _share(found, inner):
            return loose(space, outer, found)
    return None


def _tunnels(case: Case, space: Space, found: Link) -> Reason | None:
    """The tunnel to the host where the target is."""
    if case.target is None or case.target.host == space.host:
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
