"""All that the kernel says of one link or namespace of the graph, asked for at the moment: too much for the picture.

Counters change with every packet, and a bridge's forwarding table with every sender, so the graph has neither.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.errors import WorkshopError
from workshop.kernel import legacy, programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.topology import graph as graphs
from workshop.topology import rules
from workshop.topology.observe import Observer
from workshop.topology.wire import MAIN_TABLE

FLAGS = {
    0x1: "UP", 0x2: "BROADCAST", 0x8: "LOOPBACK", 0x10: "POINTOPOINT", 0x40: "RUNNING", 0x80: "NOARP",
    0x100: "PROMISC", 0x200: "ALLMULTI", 0x400: "MASTER", 0x800: "SLAVE", 0x1000: "MULTICAST", 0x10000: "LOWER_UP",
    0x20000: "DORMANT",
}  # fmt: skip
"""The flags of a link, as ``ip link`` calls them."""

NEIGHBOUR = {
    0x01: "incomplete", 0x02: "reachable", 0x04: "stale", 0x08: "delay", 0x10: "probe", 0x20: "failed", 0x40: "noarp",
    0x80: "permanent",
}  # fmt: skip
"""The states of a neighbour, as ``ip neighbour`` calls them."""

_WAYS = ("rx", "tx")
_COUNTED = ("packets", "bytes", "errors", "dropped")
_OWN = ("state", "info", "network", "network_name", "endpoint", "made_by", "left_over", "should_have_gone", "kind")
_GONE = "That link or namespace is gone."


class About:
    """Asks through an observer's namespaces. Each question opens what it needs and lets go of it again: nothing of a
    container is held. May be used by several threads at once."""

    def __init__(self, observer: Callable[[], Observer | None]) -> None:
        self._watching = observer

    def _observer(self) -> Observer:
        observer = self._watching()
        if observer is None:
            raise WorkshopError("Nothing is watched.")
        return observer

    def all(self, identity: str) -> dict[str, Any]:
        """What is known of the link or namespace with that ID.

        ``{"id", "at", "what", "host", "namespace", "container", "ports", "links", "routes", "neighbours", "fdb",
        "rules", "problems"}``: see docs/topology.md. Of a link, ``links`` has that one, the rest what is about it.

        :raises WorkshopError: if it is gone.
        """
        graph = self._observer().graph()
        host, space, link = _where(graph, identity)
        told: dict[str, Any] = {
            "id": identity,
            "at": time.time(),
            "what": "link" if link else "host" if space["root"] else "network" if space["network"] else "container",
            "host": host["name"],
            "namespace": {key: space[key] for key in ("id", "name", "root")},
            "container": space["container"],
            "ports": space["ports"],
        }
        with self._observer().opened(space["id"]) as namespace:
            if namespace is None:
                raise WorkshopError(_GONE)
            told |= _asked(namespace, graph, space, link)
        told["rules"], told["problems"] = self._rules(graph, host, space, link)
        return told

    def counters(self, identity: str) -> dict[str, Any]:
        """``{"at", "links"}``: the counters of the link, or of each of the namespace's, by ID.

        :raises WorkshopError: if it is gone.
        """
        _, space, link = _where(self._observer().graph(), identity)
        with self._observer().opened(space["id"]) as namespace:
            if namespace is None:
                raise WorkshopError(_GONE)
            with _asking(namespace) as ip:
                found = list(_links(ip, link["index"] if link else None))
        links = {f"{space['id']}/{each['index']}": _counters(each) for each in found if not each["flags"] & 0x8}
        return {"at": time.time(), "links": links}

    def _rules(
        self, graph: graphs.Graph, host: dict[str, Any], space: dict[str, Any], link: dict[str, Any] | None
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """The firewall rules about it, its host's and its own namespace's; what could not be asked, as sentences."""
        found: list[dict[str, Any]] = []
        problems: list[str] = []
        if space["root"] and link is None:
            return found, problems  # all of a host's rules are about the host
        root = next((each for each in host["namespaces"] if each["root"]), None)
        for where in (root, space) if root is not space else (root,):
            if where is None:
                continue
            with self._observer().opened(where["id"]) as namespace:
                try:
                    subject = _subject(graph, space, link, where)
                    told = _firewall(namespace, subject) if namespace is not None else []
                except ProgramError as error:
                    problems.append(f"The firewall of {where['name']} could not be read ({error}).")
                    continue
            found += [{**each, "where": where["name"]} for each in told]
        return found, problems


def _where(graph: graphs.Graph, identity: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """Host, namespace, and the link if it is one."""
    for host, space in graphs.namespaces(graph):
        if space["id"] == identity:
            return host, space, None
        if identity.startswith(space["id"] + "/"):
            link = graphs.find(graph, identity)
            if link is not None:
                return host, space, link
    raise WorkshopError(_GONE)


@contextlib.contextmanager
def _asking(namespace: Namespace) -> Iterator[IPRoute]:
    """A way to ask in a namespace. What the kernel refuses to tell meanwhile is a WorkshopError."""
    try:
        with namespace.entered():
            ip = IPRoute()
        with ip:
            yield ip
    except (NetlinkError, OSError) as error:
        raise WorkshopError(f"The kernel does not tell ({error}).", "Ask again.") from None


def _links(ip: IPRoute, index: int | None) -> Iterator[Any]:
    try:
        yield from ip.get_links() if index is None else ip.link("get", index=index)
    except NetlinkError as error:
        if error.code != 19:  # gone meanwhile
            raise
        raise WorkshopError(_GONE) from None


def _asked(
    namespace: Namespace, graph: graphs.Graph, space: dict[str, Any], link: dict[str, Any] | None
) -> dict[str, Any]:
    """Links, routes, neighbours and forwarding tables as the kernel has them now."""
    index = link["index"] if link else None
    with _asking(namespace) as ip:
        links = [each for each in _links(ip, index) if not each["flags"] & 0x8]
        addresses = list(ip.get_addr())
        routes = [*ip.get_routes(family=socket.AF_INET), *ip.get_routes(family=socket.AF_INET6)]
        neighbours = [*ip.get_neighbours(family=socket.AF_INET), *ip.get_neighbours(family=socket.AF_INET6)]
        fdb = list(ip.fdb("dump")) if space["root"] or space["network"] else []
    known = graphs.links(graph)

    def name(number: int | None) -> str | None:
        each = known.get(f"{space['id']}/{number}")
        return each["name"] if each else None

    def is_shown(number: int | None) -> bool:
        return number == index if index is not None else name(number) is not None

    return {
        "links": [_told(each, addresses, known, space["id"]) for each in links],
        "routes": [told for each in routes if (told := _route(each, name)) and is_shown(told.pop("index"))],
        "neighbours": [_neighbour(each, name) for each in neighbours if is_shown(each["ifindex"]) and _is_told(each)],
        "fdb": [_entry(each, name) for each in fdb if index is not None and _is_of(each, index)],
    }


def _told(link: Any, addresses: list[Any], known: dict[str, Any], space: str) -> dict[str, Any]:
    """A link: what the kernel says now, with what the graph knows of whose it is."""
    identity = f"{space}/{link['index']}"
    own = known.get(identity) or {}
    mine = [each for each in addresses if each["index"] == link["index"]]
    ends = {key: _end(known, own.get(key)) for key in ("master", "peer", "parent")}
    return {
        "id": identity,
        "index": link["index"],
        "name": link.get_attr("IFLA_IFNAME"),
        "alias": link.get_attr("IFLA_IFALIAS"),
        "mac": link.get_attr("IFLA_ADDRESS"),
        "mtu": link.get_attr("IFLA_MTU"),
        "queue": link.get_attr("IFLA_QDISC"),
        "flags": [word for bit, word in FLAGS.items() if link["flags"] & bit],
        "addresses": [_address(each) for each in mine],
        "counters": _counters(link),
        **{key: own.get(key) for key in _OWN},
        **ends,
    }


def _end(known: dict[str, Any], identity: str | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    return {"id": identity, "name": (known.get(identity) or {}).get("name")}


def _address(address: Any) -> str:
    told = address.get_attr("IFA_LOCAL") or address.get_attr("IFA_ADDRESS")
    return f"{told}/{address['prefixlen']}"


def _counters(link: Any) -> dict[str, dict[str, int]]:
    found = link.get_attr("IFLA_STATS64") or link.get_attr("IFLA_STATS") or {}
    return {way: {what: int(found.get(f"{way}_{what}") or 0) for what in _COUNTED} for way in _WAYS}


def _route(route: Any, name: Callable[[int | None], str | None]) -> dict[str, Any] | None:
    """``dst, gateway, link, source, metric``; ``None`` for what is not in the main table, or no plain route."""
    table = route.get_attr("RTA_TABLE") or route["table"]
    if table != MAIN_TABLE or route["type"] != 1:
        return None
    dst, index = route.get_attr("RTA_DST"), route.get_attr("RTA_OIF")
    return {
        "dst": f"{dst}/{route['dst_len']}" if dst else "default",
        "gateway": route.get_attr("RTA_GATEWAY"),
        "link": name(index),
        "source": route.get_attr("RTA_PREFSRC"),
        "metric": route.get_attr("RTA_PRIORITY"),
        "index": index,
    }


def _is_told(neighbour: Any) -> bool:
    return bool(neighbour["state"]) and not neighbour["state"] & 0x40  # multicast is noarp


def _neighbour(neighbour: Any, name: Callable[[int | None], str | None]) -> dict[str, Any]:
    return {
        "address": neighbour.get_attr("NDA_DST"),
        "mac": neighbour.get_attr("NDA_LLADDR"),
        "state": NEIGHBOUR.get(neighbour["state"], "unknown"),
        "link": name(neighbour["ifindex"]),
    }


def _is_of(entry: Any, index: int) -> bool:
    """Whether an entry is of that link: its own, or, for a bridge, one of its ports'; group addresses are left out."""
    mac = str(entry.get_attr("NDA_LLADDR") or "")
    group = mac[:2] in ("01", "33")
    return not group and (entry["ifindex"] == index or entry.get_attr("NDA_MASTER") == index)


def _entry(entry: Any, name: Callable[[int | None], str | None]) -> dict[str, Any]:
    return {
        "mac": entry.get_attr("NDA_LLADDR"),
        "link": name(entry["ifindex"]),
        "dst": entry.get_attr("NDA_DST"),
        "vlan": entry.get_attr("NDA_VLAN"),
        "state": "permanent" if entry["state"] & 0xC0 else "learned",
    }


def _subject(
    graph: graphs.Graph, space: dict[str, Any], link: dict[str, Any] | None, where: dict[str, Any]
) -> rules.Subject:
    """Names and addresses by which rules in a namespace may be about it: its own, its plug's, its bridge's.

    Of what is in a network's own namespace no rule of the host's knows but by the link that leads there.
    """
    known = graphs.links(graph)
    mine = [link] if link else space["links"]
    near = [known[each["peer"]] for each in mine if each["peer"] in known]
    bridges = [known[each["master"]] for each in (*mine, *near) if each["master"] in known]
    # whoever is behind the host's end of a pair is meant too: its rules go by their addresses
    owners = [*mine, *(near if link and (space["root"] or space["network"]) else ())]
    met = [*mine, *near, *bridges]
    for _, room in graphs.namespaces(graph):
        within = {each["id"] for each in room["links"]} if room["network"] and room is not where else set[str]()
        if within and any(each["id"] in within for each in met):
            gates = [each for each in where["links"] if each["peer"] in within and not each["endpoint"]]
            met = [*(each for each in met if each["id"] not in within), *gates]
            owners += gates if space is room and (link is None or link["kind"] == "bridge") else ()
    addresses = frozenset(each.partition("/")[0] for one in owners for each in one["addresses"])
    return rules.Subject(frozenset(each["name"] for each in met), addresses)


def _firewall(namespace: Namespace, subject: rules.Subject) -> list[dict[str, Any]]:
    """The rules of a namespace about the subject."""
    found = list(rules.of_nft(programs.run(namespace, "nft", "-s", "-nn", "list", "ruleset"), subject))
    for _program, said in legacy.saved(namespace):
        found += rules.of_iptables(said, subject)
    return found
