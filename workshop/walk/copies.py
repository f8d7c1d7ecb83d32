"""Copies that a bridge or a tunnel makes of one frame: those that go elsewhere are no part of its way."""

from __future__ import annotations

from typing import Protocol

from workshop.walk.facts import CONTAINER, HOST, ROOM, Facts, Link, Space
from workshop.walk.packet import Packet


class Seen(Protocol):
    """A packet at a link, going ``in`` or ``out``."""

    @property
    def link(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def packet(self) -> Packet: ...


def is_copy(one: Seen, facts: Facts, own: set[str]) -> bool:
    """Whether this was sent to all: to a bridge itself, to a container that is not one of the ``own`` namespaces, to
    a host that has nothing to do with it, or to where nobody looks."""
    link = facts.link(one.link)
    if link is None:
        return True
    space = facts.space_of(link)
    if (space.role == CONTAINER and space.id not in own) or _is_far_off(one, link, space, facts, own):
        return True
    if one.direction == "in":
        if link.kind == "bridge" and _is_to_all(one.packet):
            return True
        behind = facts.peer_space(link)
        return behind is not None and behind.role == ROOM and _is_for_others(one.packet, link, space, own)
    if link.kind != "veth" or link.master is None:
        return False
    other, there = facts.link(link.peer), facts.peer_space(link)
    if other is None or there is None:
        return True
    if space.role == ROOM and there.role == HOST:
        return _is_for_others(one.packet, other, there, own)
    return there.role == CONTAINER and there.id not in own


def _is_to_all(found: Packet) -> bool:
    return found.what == "arp" and found.kind == "request"


def _is_for_others(found: Packet, gateway: Link, host: Space, own: set[str]) -> bool:
    """Whether a host gets it by a network's gateway only since all get it."""
    return host.role == HOST and host.id not in own and found.next_mac != gateway.mac


def _is_far_off(one: Seen, link: Link, space: Space, facts: Facts, own: set[str]) -> bool:
    """Whether a tunnel sends it, or has brought it, to a host where it is not to go."""
    if one.packet.tunnel is not None:
        holder = facts.holder(one.packet.tunnel.target)
        return holder is not None and holder[0].host not in _hosts(one.packet, facts, own)
    hosts = _hosts(one.packet, facts, own)
    if link.kind == "vxlan" and one.direction == "out" and hosts <= {space.host, ""}:
        return True
    return (space.role == ROOM or link.kind == "vxlan") and space.host not in hosts


def _hosts(found: Packet, facts: Facts, own: set[str]) -> set[str]:
    """The hosts to which a frame may go: those of the ends, and those that have its MAC address."""
    ends = {facts.spaces[each].host for each in own}
    mac = found.target_mac
    return ends | {space.host for space, link in facts.links() if mac and link.mac == mac}
