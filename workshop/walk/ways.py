"""Ways that a namespace does not know: no route, nobody who answers for an address, no forwarding."""

from __future__ import annotations

from workshop.walk.case import Case, Reason, capital, down, within
from workshop.walk.facts import HOST, ROOM, Space, on_subnet

NOT_THROUGH = ("unreachable", "blackhole", "prohibit")
"""Kinds of routes that say that there is no way."""

SILENT = ("failed", "incomplete")
"""States of a neighbour that does not answer."""


def not_sent(case: Case) -> Reason | None:
    """It was never seen: its sender could not even begin."""
    if case.last is not None or case.asking:
        return None
    space = case.source
    if not any(link.addresses for link in space.links.values()):
        off = next((link for link in space.links.values() if link.state == "down"), None)
        if off is not None:
            return down(space, off)
        text = f"{capital(space.where)} has no address."
        return Reason("no address", text, missing=f"an address on a link of {space.where}", space=space.id)
    return no_way(space, case.address, None) or _way_is_down(space, case.address, None)


def router(case: Case) -> Reason | None:
    """It came in, and was for the namespace itself, or was to be sent on by its tables."""
    last, link, space = case.last, case.link, case.space
    if last is None or link is None or last.direction != "in" or link.master is not None or case.asking:
        return None
    if last.packet.tunnel is not None or space.role == ROOM:
        return None  # tables decide about what is unpacked, and in a network's own namespace there are none
    target = last.packet.target
    if space.holder(target):
        source = last.packet.source
        return None if case.back else no_way(space, source, None) or _silent(case, space, source)
    if _keeps(space, target):
        return _forwards_not(space)
    # where its target was changed, the firewall saw it with the new one
    changed = next((v.target for v in space.verdicts if v.source == last.packet.source and v.target), target)
    for address in (changed, target):
        found = no_way(space, address, link.index) or _way_is_down(space, address, link.index)
        if found is not None:
            return found
    return _silent(case, space, changed) or _silent(case, space, target)


def astray(case: Case) -> Reason | None:
    """It went out by another link, since the one on its own subnet is down."""
    last, link, space = case.last, case.link, case.space
    if last is None or link is None or last.direction != "out" or on_subnet(link, case.address):
        return None
    near = next((each for each in space.links.values() if on_subnet(each, case.address)), None)
    return down(space, near) if near is not None and near.state == "down" else None


def neighbour(case: Case) -> Reason | None:
    """Nobody has said that the next address is theirs."""
    if case.asking:
        return _unanswered(case, case.source, case.address)
    return _silent(case, case.space, case.last.packet.target if case.last else case.address)


def _silent(case: Case, space: Space, address: str) -> Reason | None:
    """Whether the one to whom it is sent next, itself or a gateway, does not answer."""
    gateways = [route.gateway for (wanted, _), route in space.routes.items() if wanted == address and route.gateway]
    for wanted in (*gateways, address):
        known = space.neighbour(wanted)
        if known is not None and known.state in SILENT:
            return _unanswered(case, space, wanted)
    return None


def _unanswered(case: Case, asker: Space, address: str) -> Reason:
    holder = case.facts.holder(address, asker.host)
    question = f"Nobody answers when {asker.where} asks who has {address}"
    if holder is None:
        text = f"{question}: no link that was looked at has this address."
        return Reason(
            "no neighbour", text, missing=f"somebody with the address {address}", space=asker.id, asked=address
        )
    space, link = holder
    text = f"{question}. {link.name} {within(space)} has it, but no way leads there."
    missing = f"a way from {asker.where} to {link.name} {within(space)}"
    return Reason("no neighbour", text, missing=missing, space=asker.id, asked=address)


def _way_is_down(space: Space, address: str, iif: int | None) -> Reason | None:
    route = space.routes.get((address, iif))
    link = space.links.get(route.index or 0) if route else None
    return down(space, link) if link is not None and link.state == "down" else None


def no_way(space: Space, address: str, iif: int | None) -> Reason | None:
    """Whether there is no way to an address, for a namespace itself or for what came in by its link ``iif``."""
    route = space.routes.get((address, iif))
    if route is None or not (route.error or route.kind in NOT_THROUGH):
        return None
    near = next((link for link in space.links.values() if on_subnet(link, address)), None)
    if near is not None and near.state == "down":
        return down(space, near)
    if iif is not None and _keeps(space, address):
        return _forwards_not(space)
    why = route.error or f"a route of kind {route.kind}"
    text = f"{capital(space.where)} has no route to {address} ({why[:1].lower()}{why[1:]})."
    missing = f"a route to {address}, or a default route, in {space.where}"
    return Reason("no route", text, missing=missing, space=space.id)


def _keeps(space: Space, address: str) -> bool:
    """Whether a host sends nothing on that is for somebody else. Of IPv6 that is not asked."""
    return space.role == HOST and not space.forwards and ":" not in address


def _forwards_not(space: Space) -> Reason:
    text = f"{capital(space.where)} does not forward packets from one link to another."
    return Reason("no forwarding", text, missing="sysctl -w net.ipv4.ip_forward=1", space=space.id)
