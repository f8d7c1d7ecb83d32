"""What the kernel knows of the namespaces that a walk goes through, as data. No kernel in here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CONTAINER, HOST, ROOM, OUTSIDE = "container", "host", "network", "outside"
"""What a namespace is: of a container, the host's own, a network's own (where its bridge and tunnel are), or that of
the world outside of the hosts."""

DROPPING = ("drop", "reject")
"""Verdicts of a firewall that end a packet's way."""

TO_ALL = "ff:ff:ff:ff:ff:ff"
"""To whom a frame for everybody goes."""

FLOOD = "00:00:00:00:00:00"
"""Whose entries in a tunnel's forwarding table say to which hosts goes what is for all."""


@dataclass
class Link:
    """A link: ``id`` is ``"dev:inode/index"``; ``master`` and ``parent`` are indices in the same namespace.

    ``peer`` is the ID of a pair's other end; of what sits on a parent in another namespace, the parent's. ``carrier``
    is the ID of the namespace in which a tunnel's packets are sent and received; ``None`` is the link's own.
    """

    id: str
    index: int
    name: str
    kind: str | None = None
    state: str = "up"
    mac: str | None = None
    addresses: list[str] = field(default_factory=list)
    master: int | None = None
    peer: str | None = None
    parent: int | None = None
    carrier: str | None = None
    info: dict[str, Any] = field(default_factory=dict)

    def holds(self, address: str) -> bool:
        """Whether this is an address of the link."""
        return any(each.partition("/")[0] == address for each in self.addresses)


@dataclass
class Entry:
    """A row of a forwarding table: frames for ``mac`` leave by the link ``index``; ``dst`` is a tunnel's other end."""

    mac: str
    index: int
    dst: str | None = None


@dataclass
class Neighbour:
    """A row of the neighbour table. ``state`` is the kernel's word: ``reachable``, ``failed``, ``incomplete``, …"""

    address: str
    index: int
    mac: str | None
    state: str


@dataclass
class Route:
    """What the kernel answers when asked for the way to an address; ``error`` is the answer that there is none.

    ``kind`` is ``unicast``, ``local``, ``unreachable``, …
    """

    index: int | None = None
    gateway: str | None = None
    source: str | None = None
    kind: str = "unicast"
    error: str = ""
    table: int = 254
    dst: str = ""
    """The row of the table that decided: ``10.9.0.0/24``, or ``default``."""


@dataclass
class Verdict:
    """What a firewall decided about a packet: the rule as one would write it, and what it says to do.

    ``rule`` is empty where the chain's policy decided. ``source``, ``target``, and the links ``iif`` and ``oif``
    are the packet's at that moment; empty if they are not known.
    """

    table: str
    chain: str
    rule: str
    verdict: str
    source: str = ""
    target: str = ""
    iif: int | None = None
    oif: int | None = None
    hook: str = ""
    base: str = ""
    """The chain of ``hook`` from which it came to this one."""

    def told(self) -> str:
        """The rule in the words of the program that made it, or the policy."""
        return self.rule or f"policy {self.verdict} of chain {self.chain} in table {self.table}"


@dataclass
class Space:
    """A namespace: what is in it, and what it answered.

    ``routes`` are by ``(address, index of the link that a packet came by)``.
    """

    id: str
    host: str
    name: str
    role: str
    links: dict[int, Link] = field(default_factory=dict)
    fdb: list[Entry] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    routes: dict[tuple[str, int | None], Route] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    forwards: bool = True
    """Whether IPv4 is sent on from one link to another."""

    def holder(self, address: str) -> Link | None:
        """The link with this address."""
        return next((link for link in self.links.values() if link.holds(address)), None)

    def ports(self, bridge: int) -> list[Link]:
        """The ports of a bridge."""
        return [link for link in self.links.values() if link.master == bridge]

    def neighbour(self, address: str, index: int | None = None) -> Neighbour | None:
        """The row of the neighbour table for an address."""
        return next((n for n in self.neighbours if n.address == address and index in (None, n.index)), None)

    def entry(self, mac: str, among: list[Link]) -> Entry | None:
        """The row of a bridge's forwarding table for a MAC address."""
        ports = {link.index for link in among}
        return next((each for each in self.fdb if each.mac == mac and each.index in ports and not each.dst), None)

    @property
    def where(self) -> str:
        """How one speaks of it."""
        named = {HOST: f"host {self.name}", ROOM: f"namespace {self.name}", OUTSIDE: "outside"}
        return named.get(self.role, self.name)


@dataclass
class Facts:
    """All namespaces of a walk, by ID."""

    spaces: dict[str, Space] = field(default_factory=dict)

    def link(self, identity: str | None) -> Link | None:
        """The link with that ID."""
        space, _, index = (identity or "").rpartition("/")
        return self.spaces[space].links.get(int(index)) if space in self.spaces and index.isdigit() else None

    def space_of(self, link: Link) -> Space:
        """Where a link is."""
        return self.spaces[link.id.rpartition("/")[0]]

    def links(self) -> Iterator[tuple[Space, Link]]:
        """Every link, with its namespace."""
        for space in self.spaces.values():
            for link in space.links.values():
                yield space, link

    def carrier(self, link: Link) -> Space:
        """The namespace in which a tunnel's packets are sent and received."""
        return self.spaces.get(link.carrier or "") or self.space_of(link)

    def peer_space(self, link: Link) -> Space | None:
        """Where a pair's other end is."""
        other = self.link(link.peer)
        return self.space_of(other) if other is not None else None

    def remember(self, before: Facts) -> None:
        """Namespaces and links that have gone since ``before`` are as they were then: a packet may have been there."""
        for identity, space in before.spaces.items():
            now = self.spaces.setdefault(identity, space)
            for index, link in space.links.items():
                now.links.setdefault(index, link)

    def holder(self, address: str, near: str = "") -> tuple[Space, Link] | None:
        """Who has an address, and on which link. Several hosts may have a gateway's: that ``near`` is meant."""
        found = [(space, link) for space, link in self.links() if link.holds(address)]
        return min(found, key=lambda each: each[0].host != near, default=None)


def on_subnet(link: Link, address: str) -> bool:
    """Whether an address is in one of the subnets of a link."""
    wanted = ipaddress.ip_address(address)
    return any(
        wanted in network
        for each in link.addresses
        if (network := ipaddress.ip_interface(each).network).version == wanted.version
    )
