"""From where to where: the names that a person gives, found in the graph. No kernel in here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from workshop.errors import UsageError
from workshop.topology import graph as graphs
from workshop.topology.graph import Graph
from workshop.walk.facts import CONTAINER, HOST, OUTSIDE, ROOM, Facts, Link, on_subnet

NAMES_SHOWN = 12
"""How many names an error lists."""

PORTS = "Give one from 1 to 65535."


@dataclass(frozen=True)
class End:
    """One end of a walk: its ``role`` (see ``facts``), the host that it is on, its name, the namespace's ID.

    ``space`` is empty for the outside. ``port`` is that which was named with it.
    """

    role: str
    host: str
    name: str
    space: str
    port: int | None = None
    published: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As the page gets it; ``ports`` are those of TCP that the host publishes."""
        return {
            "name": self.name,
            "role": self.role,
            "host": self.host,
            "space": self.space,
            "ports": list(self.published),
        }


def ends(graph: Graph) -> list[End]:
    """Everything that a walk can begin or end at: containers, hosts, the outside.

    What would be ambiguous has its host's name before its own.
    """
    found = list(_spaces(graph))
    names = [end.name for end in found]
    taken = {"outside", *(("host",) if len(graph["hosts"]) == 1 else ())}
    told = [
        replace(end, name=f"{end.host}/{end.name}")
        if end.role == CONTAINER and (names.count(end.name) > 1 or end.name in taken)
        else end
        for end in found
    ]
    return [*told, End(OUTSIDE, "", "outside", "")]


def _spaces(graph: Graph) -> Iterator[End]:
    only = len(graph["hosts"]) == 1
    for host, space in graphs.namespaces(graph):
        published = _published(host)
        if space["root"]:
            yield End(HOST, host["name"], "host" if only else host["name"], space["id"], None, published)
        elif not space.get("network") and (space["container"] or space["name"]):
            container = space["container"] or {}
            yield End(CONTAINER, host["name"], container.get("name") or space["name"], space["id"])


def _published(host: dict[str, Any]) -> tuple[int, ...]:
    ports = {port["host_port"] for space in host["namespaces"] for port in space["ports"] if port["proto"] == "tcp"}
    return tuple(sorted(ports))


def find(graph: Graph, word: str) -> End:
    """The end that a person calls ``word``: ``web``, ``alpha/web``, ``host``, ``outside``, with ``:PORT`` or without.

    :raises UsageError: if there is none, or several; it names those there are.
    """
    known = ends(graph)
    found = _called(graph, known, word)
    if found is not None:
        return found
    parted = re.fullmatch(r"(.*):(\d{1,5})", word, re.ASCII | re.DOTALL)
    if parted and (found := _called(graph, known, parted[1])):
        return replace(found, port=checked_port(int(parted[2])))
    before, colon, after = word.rpartition(":")
    if colon and _called(graph, known, before):
        raise UsageError(f"{after!r} is no port.", PORTS)
    shown = [end.name for end in known]
    more = f" and {len(shown) - NAMES_SHOWN} more" if len(shown) > NAMES_SHOWN else ""
    several = [end.name for end in known if end.name.endswith(f"/{word}")]
    if several:
        raise UsageError(f"{word!r} may be one of several.", f"Say which: {', '.join(several)}.")
    raise UsageError(f"No container {word!r} is running.", f"There are {', '.join(shown[:NAMES_SHOWN])}{more}.")


def checked_port(port: int) -> int:
    """A port that TCP can have. Raises UsageError for another number."""
    if not 0 < port < 65536:
        raise UsageError(f"{port} is no port.", PORTS)
    return port


def _called(graph: Graph, known: list[End], word: str) -> End | None:
    exact = [end for end in known if end.name == word]
    if exact:
        return exact[0]
    host, slash, name = word.partition("/")
    for end in known:
        if end.role == HOST and (word == end.host or (word == "host" and end.host == graph["hosts"][0]["name"])):
            return end
        if slash and end.role == CONTAINER and (end.host, end.name.rpartition("/")[2]) == (host, name):
            return end
    return None


def addresses(facts: Facts, source: str, target: str) -> list[str]:
    """The addresses by which one namespace may reach another, the best first: on a subnet of both; IPv4 before IPv6;
    an uplink's before a bridge's."""
    here, there = facts.spaces[source], facts.spaces[target]
    mine = [link for link in here.links.values() if link.addresses]

    def order(each: tuple[Link, str]) -> tuple[bool, bool, bool]:
        link, address = each
        near = any(on_subnet(one, address) and one.name != "lo" for one in mine)
        return (":" in address, not near, link.kind == "bridge" or _leads_into_room(facts, link))

    found = [(link, each.partition("/")[0]) for link in there.links.values() for each in link.addresses]
    versions = {":" in each for link in mine for each in link.addresses}
    usable = [each for each in found if (":" in each[1]) in versions] or found
    return [address for _, address in sorted(usable, key=order)]


def _leads_into_room(facts: Facts, link: Link) -> bool:
    """Whether a host's link is the gateway of a network that has a namespace of its own."""
    there = facts.peer_space(link)
    return there is not None and there.role == ROOM
