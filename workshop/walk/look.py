"""Asking the kernel what it knows of the namespaces of a walk: links, tables, and which way it would send a packet."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.kernel.namespaces import Namespace
from workshop.topology.sockets import Asker
from workshop.walk.facts import Entry, Facts, Link, Neighbour, Route, Space

BRIDGE = 7
"""The address family of forwarding tables."""

_STATES = {1: "incomplete", 2: "reachable", 4: "stale", 8: "delay", 16: "probe", 32: "failed", 128: "permanent"}
_NOARP = 0x40
_KINDS = {1: "unicast", 2: "local", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_PEERED = ("veth", "netkit")


@dataclass(frozen=True)
class Place:
    """A namespace that a walk looks at: the host that it is on, its name, its role (see ``facts``), and itself."""

    host: str
    name: str
    role: str
    namespace: Namespace


@dataclass(frozen=True)
class Question:
    """Which way is to an ``address`` from a namespace? For a packet from ``source`` that came by the link ``iif``."""

    space: str
    address: str
    iif: int | None = None
    source: str | None = None


def look(places: Iterable[Place]) -> Facts:
    """All links and tables there are now. A namespace that is gone meanwhile is left out."""
    facts, others = Facts(), {}
    places = list(places)
    for place in places:
        with contextlib.suppress(OSError):
            space = Space(place.namespace.id, place.host, place.name, place.role)
            others[space.id] = _fill(space, place.namespace, places)
            facts.spaces[space.id] = space
    for space in facts.spaces.values():
        for link in space.links.values():
            _wire(facts, space, link, *others[space.id][link.index])
    return facts


def _fill(space: Space, namespace: Namespace, places: list[Place]) -> dict[int, tuple[int | None, str | None]]:
    """Fill in what is known of one namespace; gives each link's other end: its index, and the ID of the namespace."""
    others: dict[int, tuple[int | None, str | None]] = {}
    with Asker(namespace) as asker:
        told = asker.dump()  # by which the kernel gives numbers to those that have none yet
        numbers = {asker.nsid_of(place.namespace.descriptor): place.namespace.id for place in places}
        for message in told:
            value = message.value
            if message.what == "link":
                named = {key: value[key] for key in ("name", "kind", "state", "mac", "master", "info")}
                space.links[message.index] = Link(f"{space.id}/{message.index}", message.index, **named)
                nsid = value["other_nsid"]
                others[message.index] = (value["other"], space.id if nsid is None else numbers.get(nsid))
            elif message.what == "address" and message.index in space.links:
                space.links[message.index].addresses.append(value["address"])
    with namespace.entered():
        ip = IPRoute()
        with contextlib.suppress(OSError):
            space.forwards = Path("/proc/sys/net/ipv4/ip_forward").read_text().strip() == "1"
    with ip:
        space.fdb = [entry for row in ip.get_neighbours(family=BRIDGE) if (entry := _entry(row))]
        for family in (socket.AF_INET, socket.AF_INET6):
            space.neighbours += [_neighbour(row) for row in ip.get_neighbours(family=family) if not _noarp(row)]
    return others


def _wire(facts: Facts, space: Space, link: Link, other: int | None, where: str | None) -> None:
    there = facts.spaces.get(where or "")
    if link.kind == "vxlan" and there is not None and there is not space:
        link.carrier = there.id  # in a network's own namespace: its packets are its host's
        return
    if other is None or there is None:
        return
    if link.kind in _PEERED:
        link.peer = f"{there.id}/{other}" if other in there.links else None
    elif there is space:
        link.parent = other
    else:  # what sits on a parent that is elsewhere: a macvlan in its container
        link.peer = f"{there.id}/{other}"


def _entry(row: Any) -> Entry | None:
    mac = row.get("lladdr")
    return Entry(str(mac), int(row["ifindex"]), row.get("dst")) if mac else None


def _noarp(row: Any) -> bool:
    return bool(row["state"] & _NOARP)


def _neighbour(row: Any) -> Neighbour:
    state = _STATES.get(row["state"], "unknown")
    return Neighbour(str(row.get("dst")), int(row["ifindex"]), row.get("lladdr"), state)


def ask(places: Iterable[Place], questions: Iterable[Question], facts: Facts) -> None:
    """Have each namespace asked which way is to which address; the answers go into ``facts``."""
    by_space: dict[str, list[Question]] = {}
    for question in questions:
        by_space.setdefault(question.space, []).append(question)
    for place in places:
        mine = by_space.get(place.namespace.id)
        if not mine or place.namespace.id not in facts.spaces:
            continue
        with place.namespace.entered():
            ip = IPRoute()
        with ip:
            for question in mine:
                facts.spaces[place.namespace.id].routes[question.address, question.iif] = _route(ip, question)


def _route(ip: IPRoute, question: Question) -> Route:
    family = socket.AF_INET6 if ":" in question.address else socket.AF_INET
    how: dict[str, Any] = {"dst": question.address, "family": family}
    if question.iif is not None:
        how |= {"iif": question.iif, **({"src": question.source} if question.source else {})}
    try:
        row = ip.route("get", **how)[0]
    except NetlinkError as error:
        return Route(error=str(error.args[1] if len(error.args) > 1 else error))
    except (OSError, IndexError) as error:
        return Route(error=str(error))
    index = row.get("oif")
    return Route(
        index=int(index) if index else None,
        gateway=row.get("gateway"),
        source=row.get("prefsrc"),
        kind=_KINDS.get(row["type"], "unicast"),
        table=int(row.get("table") or 254),
    )
