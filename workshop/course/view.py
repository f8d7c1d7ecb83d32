"""The kernel's side: what there is in a namespace at one moment, as links, routes, neighbours and rules."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workshop.course.eyes import Eyes, Seen, own_data, port_data
from workshop.errors import CannotHere
from workshop.kernel import legacy, programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.topology.wire import PUT_AWAY


@dataclass(eq=False)
class Link:
    """One link. ``state`` is ``up`` or ``down`` as it was set; ``carrier`` says whether the kernel sees the other side.

    ``master`` is the bridge that it is a port of, ``peer`` a veth's other end, ``parent`` the link below a macvlan, an
    ipvlan or a VLAN: each a Link, or ``None``, also where it is in another namespace (then ``elsewhere`` is true).
    ``addresses`` have their masks. ``info`` is the kind's own data (a vxlan's ``vni``, ``local``, ``group``, ``port``,
    ``learning``; a macvlan's and an ipvlan's ``mode``), ``port`` what its bridge knows of it (``state``, ``hairpin``,
    ``isolated``). ``namespace`` is the ID of where it is.
    """

    index: int
    name: str
    kind: str | None
    up: bool
    carrier: bool
    mac: str
    mtu: int
    alias: str
    namespace: str
    elsewhere: bool
    other: int | None
    row: dict[str, Any] = field(default_factory=dict, repr=False)
    addresses: tuple[str, ...] = ()
    master: Link | None = None
    peer: Link | None = None
    parent: Link | None = None

    @property
    def state(self) -> str:
        return "up" if self.up else "down"

    @functools.cached_property
    def info(self) -> dict[str, Any]:
        return own_data(self.kind, self.row.get("own"))

    @functools.cached_property
    def port(self) -> dict[str, Any]:
        return port_data(self.row.get("port"))

    def has(self, address: str) -> bool:
        """Whether it has this address, with this mask if one is given. ``fd00:0::1`` is ``fd00::1``."""
        if "/" in address:
            wanted = ipaddress.ip_interface(address)
            return any(ipaddress.ip_interface(each) == wanted for each in self.addresses)
        return any(ipaddress.ip_interface(each).ip == ipaddress.ip_address(address) for each in self.addresses)

    def addresses_of(self, version: int) -> tuple[str, ...]:
        """Its addresses of IP version 4 or 6, without the link-local ones that the kernel gives by itself."""
        read = [(each, ipaddress.ip_interface(each)) for each in self.addresses]
        return tuple(
            text for text, each in read if each.version == version and not (version == 6 and each.is_link_local)
        )

    def as_dict(self) -> dict[str, Any]:
        """What a finding says of it."""
        master = self.master.name if self.master else None
        return {"name": self.name, "kind": self.kind, "host": None, "master": master}

    def __repr__(self) -> str:
        return f"Link({told(self)})"


@dataclass(frozen=True)
class Route:
    """One route: ``dst`` is ``default`` or a subnet, ``link`` where it leads (a name), ``table`` 254 the main one."""

    dst: str
    gateway: str | None
    link: str
    table: int = 254
    version: int = 4

    def __str__(self) -> str:
        via = f" via {self.gateway}" if self.gateway else ""
        return f"{self.dst}{via} dev {self.link}"


@dataclass(frozen=True)
class Neighbour:
    """What the kernel knows of a neighbour: ``state`` is ``reachable``, ``stale``, ``failed``, ``permanent``, ….

    In ``fdb`` an entry has no ``state`` but ``permanent`` or ``learned``, and ``dst`` is the tunnel's other end.
    """

    address: str
    mac: str
    link: str
    state: str
    dst: str | None = None
    vni: int | None = None


@dataclass(frozen=True)
class Counters:
    """What has gone through a link, as it counts: ``rx`` is what came to it, ``tx`` what it sent."""

    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int


class View:
    """What there was in one namespace when it was looked at. Rules and ``fdb`` are read when first asked for."""

    def __init__(self, eyes: Eyes, *, seen: Seen | None = None) -> None:
        self._eyes, self.namespace = eyes, eyes.namespace.id
        seen = seen or eyes.look()
        links = [row for row in seen.links if row["alias"] != PUT_AWAY]
        self._by_index = {row["index"]: _link_of(row, self.namespace) for row in links}
        self.links = list(self._by_index.values())
        self._tie(seen, links)
        name = self._name
        self.routes = [
            Route(row["dst"], row["gateway"], name(row["index"]), row["table"], row["version"])
            for row in seen.routes
            if row["index"] is None or row["index"] in self._by_index
        ]
        self.neighbours = [
            Neighbour(row["address"], row["mac"], name(row["index"]), row["state"])
            for row in seen.neighbours
            if row["index"] in self._by_index
        ]

    def _tie(self, seen: Seen, links: list[dict[str, Any]]) -> None:
        addresses: dict[int, list[str]] = {}
        for row in seen.addresses:
            addresses.setdefault(row["index"], []).append(row["address"])
        for row in links:
            link = self._by_index[row["index"]]
            link.addresses = tuple(addresses.get(link.index, ()))
            link.master = self._by_index.get(row["master"] or 0)
            other = None if link.elsewhere else self._by_index.get(row["other"] or 0)
            if link.kind == "veth":
                link.peer = other
            elif other is not None and other is not link:
                link.parent = other
            if link.kind == "vxlan":
                link.parent = self._by_index.get(link.info.get("parent") or 0)

    def link(self, name: str) -> Link | None:
        """The link of that name, or ``None``."""
        return next((link for link in self.links if link.name == name), None)

    def at(self, index: int) -> Link | None:
        """The link with that index, or ``None``."""
        return self._by_index.get(index)

    def holder(self, address: str) -> Link | None:
        """The link that has an address (with its mask, if one is given), or ``None``."""
        return next((link for link in self.links if link.has(address)), None)

    def counters(self, link: Link) -> Counters:
        """What has gone through a link until now, while the call is made. Raises LookupError if it is gone."""
        for row in self._eyes.counters():
            if row.pop("index") == link.index:
                return Counters(**row)
        raise LookupError(link.name)

    def new_since(self, earlier: View) -> list[Link]:
        """The links that were not there then."""
        return [link for link in self.links if link.index not in earlier._by_index]

    def gone_since(self, earlier: View) -> list[Link]:
        """The links that were there then, as they were."""
        return [link for link in earlier.links if link.index not in self._by_index]

    def ports(self, bridge: Link) -> list[Link]:
        """The links that are plugged into a bridge."""
        return [link for link in self.links if link.master is bridge]

    def routes_to(self, address: str) -> list[Route]:
        """The routes of the usual table that lead to an address, the one that is taken first."""
        target = ipaddress.ip_address(address.partition("/")[0])
        found = []
        for route in self.routes:
            if route.table != 254 or route.version != target.version:
                continue
            length = 0
            if route.dst != "default":
                subnet = ipaddress.ip_network(route.dst)
                if target not in subnet:
                    continue
                length = subnet.prefixlen
            found.append((length, route))
        return [route for _, route in sorted(found, key=lambda each: -each[0])]

    def default_routes(self, version: int = 4) -> list[Route]:
        """The default routes of an IP version."""
        return [route for route in self.routes if route.dst == "default" and route.version == version]

    @functools.cached_property
    def fdb(self) -> list[Neighbour]:
        """The forwarding tables of bridges and tunnels."""
        return [
            Neighbour(
                row["dst"] or "", row["mac"], self._name(row["index"]), "permanent" if row["permanent"] else "learned",
                row["dst"], row["vni"],
            )
            for row in self._eyes.fdb()
        ]  # fmt: skip

    @functools.cached_property
    def policies(self) -> list[str]:
        """The rules by which the kernel chooses a routing table, as text."""
        return self._eyes.policies()

    @functools.cached_property
    def rules(self) -> list[str]:
        """The firewall's rules as lines of text: ``inet workshop forward: ct state established,related accept``.

        :raises CannotHere: if this machine has no program to list them.
        """
        return rules_of(self._eyes.namespace)

    def _name(self, index: int | None) -> str:
        link = self._by_index.get(index or 0)
        return link.name if link else ""


def _link_of(row: dict[str, Any], namespace: str) -> Link:
    kept = ("index", "name", "kind", "up", "carrier", "mac", "mtu", "alias", "elsewhere", "other")
    return Link(namespace=namespace, row=row, **{key: row[key] for key in kept})


def told(links: Link | Iterable[Link]) -> str:
    """Links in a few words: ``br0 (bridge, up, 10.9.0.1/24)``; ``none`` if there are none."""
    if isinstance(links, Link):
        words = [
            links.kind or "device",
            links.state,
            *(each for each in links.addresses if not each.startswith("fe80:")),
        ]
        if links.master:
            words.append(f"on {links.master.name}")
        return f"{links.name} ({', '.join(words)})"
    return ", ".join(told(link) for link in links) or "none"


_CHANGES_BY_ITSELF = re.compile(r" counter packets \d+ bytes \d+| expires \S+|\[\d+:\d+\] ?")


def rules_of(namespace: Namespace) -> list[str]:
    """All rules of nftables and of both kinds of iptables in a namespace, each with its table and chain before it.

    :raises CannotHere: if this machine has no program to list them.
    """
    if programs.find("nft") is None:
        raise CannotHere("The firewall's rules cannot be read: the program nft is missing.", programs.how_to_get("nft"))
    try:
        found = _flat(programs.run(namespace, "nft", "-s", "list", "ruleset").splitlines())
    except ProgramError as error:
        raise CannotHere(f"The firewall's rules cannot be read: {error}.", "`doctor` says what is missing.") from None
    return found + _legacy(namespace)


def _flat(lines: Iterable[str]) -> list[str]:
    found, place = [], list[str]()
    for line in lines:
        text = _CHANGES_BY_ITSELF.sub("", line.strip())
        if text.endswith("{"):
            words = text[:-1].split()
            place.append(" ".join(words[1:]) if words[0] in ("table", "chain") else " ".join(words))
            if len(place) == 1:
                found.append(f"table {place[0]}")
        elif text == "}":
            place.pop()
        elif text and not text.startswith("#"):
            found.append(f"{' '.join(place)}: {text}")
    return found


def _legacy(namespace: Namespace) -> list[str]:
    """The rules of the older iptables, if it is in use here."""
    found = []
    for program, said in legacy.saved(namespace):
        table = ""
        for line in said.splitlines():
            text = _CHANGES_BY_ITSELF.sub("", line.strip())
            table = text[1:] if text.startswith("*") else table
            if text.startswith(("-A", ":")):
                found.append(f"{program}-legacy {table}: {text}")
    return found
