"""What the kernel has said of one namespace so far, message by message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workshop.topology.wire import Message

TUNNELS = ("vxlan",)
"""Kinds of links whose forwarding tables are shown."""

EVERYBODY = "00:00:00:00:00:00"
"""In a tunnel's forwarding table: frames to all, and to those whose place is not known."""


ELSEWHERE = -1
"""As the ``other_nsid`` of a link: its other end has gone to a namespace for which the link's own has no number yet."""


@dataclass(slots=True)
class Facts:
    """What is known of a link beyond what the kernel says of it; it goes with the link when that moves."""

    born: int = 0
    made_by: int | None = None
    network: str | None = None
    endpoint: str | None = None
    judged: bool = False
    row: int | None = None
    row_of: int | str | None = None


@dataclass(slots=True)
class Link:
    """A link: the kernel's ``value`` (see ``wire``) and the ``facts``."""

    index: int
    value: dict[str, Any]
    facts: Facts


@dataclass(eq=False)
class Space:
    """One namespace. ``owner`` is the name of the host through which it is heard, ``root`` the host's own.

    ``asked``: when all of it was asked for, in seconds since 1970, which may be after calls that are still to be read.
    ``joined``: a Join named it, so it is a container's. ``network``: it is that network's own, whose bridge is there.
    """

    id: str
    owner: str
    born: int
    root: bool = False
    nsid: int | None = None
    path: str = ""
    name: str | None = None
    pinned: bool = False
    joined: bool = False
    asked: float = 0.0
    network: str | None = None
    links: dict[int, Link] = field(default_factory=dict)
    addresses: dict[tuple[int, str], int] = field(default_factory=dict)
    routes: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    neighbours: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    fdb: dict[tuple[int, str, str | None], dict[str, Any]] = field(default_factory=dict)
    json: dict[str, Any] | None = None
    row: int | None = None
    row_of: int | str | None = None

    def take(self, message: Message, facts: Callable[[Space, Message], Facts]) -> None:
        """Learn from one message. ``facts`` is asked about links that were not there before."""
        _TAKE[message.what](self, message, facts)

    def is_aside(self, link: Link) -> bool:
        """Whether a link in here is one end of a pair, with the other in another namespace."""
        return link.value["kind"] == "veth" and bool(link.value["other"]) and link.value["other_nsid"] is not None

    def clear(self) -> dict[int, Link]:
        """Forget everything, before it is all told again; what was known of the links is given back."""
        links, self.links = self.links, {}
        self.addresses, self.routes, self.neighbours, self.fdb = {}, {}, {}, {}
        return links

    def _take_link(self, message: Message, facts: Callable[[Space, Message], Facts]) -> None:
        index, value = message.index, message.value
        if message.gone:
            self.links.pop(index, None)
            self._drop(index)
            return
        known = self.links.get(index)
        if known is None:
            self.links[index] = Link(index, value, facts(self, message))
            return
        if value["alias"] is None and known.value["alias"] is not None:
            value["alias"] = known.value["alias"]  # announcements of a change of state leave some things out
        known.value = value
        if value["state"] == "down":  # the kernel forgets these without saying so
            self.routes = {k: v for k, v in self.routes.items() if k[4] != index or v["family"] != 4}
            self.neighbours = {k: v for k, v in self.neighbours.items() if k[0] != index}

    def _drop(self, index: int) -> None:
        self.addresses = {k: v for k, v in self.addresses.items() if k[0] != index}
        self.routes = {k: v for k, v in self.routes.items() if k[4] != index}
        self.neighbours = {k: v for k, v in self.neighbours.items() if k[0] != index}
        self.fdb = {k: v for k, v in self.fdb.items() if k[0] != index}

    def _take_address(self, message: Message, _: Any) -> None:
        key = (message.index, message.value["address"])
        if message.gone:
            self.addresses.pop(key, None)
            source = message.value["address"].partition("/")[0]
            self.routes = {k: v for k, v in self.routes.items() if v["source"] != source}
        else:
            self.addresses[key] = message.value["family"]

    def _take_route(self, message: Message, _: Any) -> None:
        value = message.value
        key = (value["family"], value["dst"], value["metric"], value["gateway"], message.index)
        if message.replaces:
            self.routes = {k: v for k, v in self.routes.items() if k[:3] != key[:3]}
        if message.gone:
            self.routes.pop(key, None)
        else:
            self.routes[key] = value

    def _take_neighbour(self, message: Message, _: Any) -> None:
        key = (message.index, message.value["address"])
        if message.gone:
            self.neighbours.pop(key, None)
        else:
            self.neighbours[key] = message.value

    def _take_fdb(self, message: Message, _: Any) -> None:
        link, mac = self.links.get(message.index), message.value["mac"]
        if link is None or link.value["kind"] not in TUNNELS:
            return  # what a network card listens to is told in the same way
        key = (message.index, mac, message.value["dst"])
        if message.gone:
            self.fdb.pop(key, None)
            return
        if mac != EVERYBODY and not int(mac[:2], 16) & 1:  # one that has moved: the old place is not told of again
            self.fdb = {k: v for k, v in self.fdb.items() if k[:2] != key[:2]}
        self.fdb[key] = message.value


_TAKE = {
    "link": Space._take_link,
    "address": Space._take_address,
    "route": Space._take_route,
    "neighbour": Space._take_neighbour,
    "fdb": Space._take_fdb,
}
