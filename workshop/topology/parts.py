"""What of a host is drawn as what: bridges, ports, containers, uplinks. No places yet."""

from __future__ import annotations

from typing import Any

Link = dict[str, Any]
Space = dict[str, Any]


def is_room(space: Space) -> bool:
    """Whether a namespace is a network's own."""
    return bool(space.get("network")) and not space["root"]


def rows(ports: list[dict[str, Any]]) -> dict[str, int]:
    """The row of each port (or of a container without one), by ID: its own; for those that have none, by age, the
    lowest that is free."""
    found: dict[str, int] = {}
    taken: set[int] = set()
    by_age = sorted(ports, key=lambda link: (link["born"], link["id"]))
    for port in by_age:
        row = port.get("row")
        if isinstance(row, int) and 0 <= row < 10_000 and row not in taken:
            found[port["id"]] = row
            taken.add(row)
    free = 0
    for port in by_age:
        if port["id"] not in found:
            while free in taken:
                free += 1
            found[port["id"]] = free
            taken.add(free)
    return found


class Parts:
    """One host of the graph, sorted out.

    ``bridges`` by age; ``ports`` of each bridge by its ID (under ``direct``: host ends on no bridge); ``hanging``:
    containers that have no port, on a parent or on nothing; the ``row`` of each port and each of these by its ID, and
    how many ``rows`` each group has; ``home``: the container's namespace that a link is in; ``loose``: other ends that
    are still in the root namespace; ``others``: the rest, those that lead ``out`` first.

    ``rooms``: the namespace of each bridge that is in its network's own; ``gateways``: of such a bridge, its port that
    leads to the host, and the host's end. ``links`` are the host's own, ``ground`` those and what is in rooms.
    """

    def __init__(self, host: dict[str, Any]) -> None:
        spaces = host["namespaces"]
        self.name: str = host["name"]
        self.root: Space | None = next((each for each in spaces if each["root"]), None)
        self.direct: str = self.root["id"] if self.root else ""
        rooms = [each for each in spaces if is_room(each)]
        self.inner: list[Space] = [each for each in spaces if not each["root"] and not is_room(each)]
        self.links: dict[str, Link] = {link["id"]: link for link in (self.root["links"] if self.root else ())}
        self.home: dict[str, Space] = {link["id"]: space for space in self.inner for link in space["links"]}
        self.inside: dict[str, Link] = {link["id"]: link for space in self.inner for link in space["links"]}
        self.where = {link["id"]: space for space in rooms for link in space["links"]}
        self.ground = self.links | {link["id"]: link for space in rooms for link in space["links"]}
        self.bridges = [link for link in self.ground.values() if link["kind"] == "bridge"]
        self.bridges.sort(key=lambda link: (link["born"], link["id"]))
        self.rooms = {link["id"]: self.where[link["id"]] for link in self.bridges if link["id"] in self.where}
        self.gateways: dict[str, tuple[Link, Link]] = {}
        self.ports: dict[str, list[Link]] = {}
        for link in self.ground.values():
            if link["master"] in self.rooms and link["peer"] in self.links and link["endpoint"] is None:
                self.gateways.setdefault(link["master"], (link, self.links[link["peer"]]))
            elif link["master"] in self.ground:
                self.ports.setdefault(link["master"], []).append(link)
            elif link["peer"] in self.home and link["kind"] == "veth":
                self.ports.setdefault(self.direct, []).append(link)
        plugged = {self.home[port["peer"]]["id"] for each in self.ports.values() for port in each if self._leads(port)}
        self.hanging = [space for space in self.inner if space["id"] not in plugged]
        groups: dict[str, list[dict[str, Any]]] = dict(self.ports)
        groups[self.direct] = [*self.ports.get(self.direct, ()), *self.hanging]
        found = {group: rows(each) for group, each in groups.items()}
        self.row = {each: row for group in found.values() for each, row in group.items()}
        self.rows = {bridge["id"]: 0 for bridge in self.bridges}
        self.rows |= {group: max(each.values(), default=-1) + 1 for group, each in found.items()}
        self.loose = {
            port["peer"]
            for ports in self.ports.values()
            for port in ports
            if port["peer"] in self.links and port["peer"] not in self.row
        }
        self.out, self.others = self._others()

    def _leads(self, port: Link) -> bool:
        return port["peer"] in self.home

    def main(self, shown: dict[str, int]) -> dict[str, str]:
        """The port at which each container is drawn, by namespace ID: its oldest interface's. ``shown`` rows of each
        group are."""
        found: dict[str, tuple[int, str]] = {}
        for group, ports in self.ports.items():
            for port in ports:
                if self._leads(port) and self.row[port["id"]] < shown[group]:
                    space = self.home[port["peer"]]
                    age = (self.inside[port["peer"]]["born"], port["id"])
                    found[space["id"]] = min(found.get(space["id"], age), age)
        return {space: port for space, (_, port) in found.items()}

    def _others(self) -> tuple[set[str], list[Link]]:
        placed = self.row.keys() | {bridge["id"] for bridge in self.bridges} | self.loose
        placed |= {end["id"] for _, end in self.gateways.values()}
        others = [link for link in self.links.values() if link["id"] not in placed and not _is_idle(link)]
        routes = self.root["routes"] if self.root else ()
        out = {route["link"] for route in routes if route["dst"] == "default"}
        others.sort(key=lambda link: (link["id"] not in out, link["kind"] is not None, link["born"]))
        if not out and others and others[0]["kind"] in (None, "veth"):
            out = {others[0]["id"]}
        return out, others


def _is_idle(link: Link) -> bool:
    """A link of the machine's own that is not in use, such as those that come with a kernel module."""
    return link["state"] == "down" and not link["addresses"] and link["made_by"] is None and not link["alias"]
