"""What of a host is drawn as what: bridges, ports, containers, uplinks. No places yet."""

from __future__ import annotations

from typing import Any

SHOWN = 30
"""How many rows of a bridge are shown; the containers in the rest are folded into one box."""

Link = dict[str, Any]
Space = dict[str, Any]


def rows(ports: list[Link]) -> dict[str, int]:
    """The row of each port, by link ID: its own; for those without one, by age, the lowest that is free."""
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

    ``bridges`` by age; ``ports`` of each bridge by its ID (under ``None``: host ends on no bridge) with
    their ``row``; ``home``: the namespace of each link outside of the root namespace; ``main``: the port at
    which each container is drawn, by namespace ID; ``loose``: other ends that are still in the root
    namespace; ``others``: the rest, those that lead ``out`` first.
    """

    def __init__(self, host: dict[str, Any]) -> None:
        spaces = host["namespaces"]
        self.root: Space | None = next((each for each in spaces if each["root"]), None)
        self.inner: list[Space] = [each for each in spaces if not each["root"]]
        self.links: dict[str, Link] = {link["id"]: link for link in (self.root["links"] if self.root else ())}
        self.home: dict[str, Space] = {link["id"]: space for space in self.inner for link in space["links"]}
        self.inside: dict[str, Link] = {link["id"]: link for space in self.inner for link in space["links"]}
        self.bridges = [link for link in self.links.values() if link["kind"] == "bridge"]
        self.ports: dict[str | None, list[Link]] = {}
        for link in self.links.values():
            if link["master"] in self.links:
                self.ports.setdefault(link["master"], []).append(link)
            elif link["peer"] in self.home and link["kind"] == "veth":
                self.ports.setdefault(None, []).append(link)
        self.row = {each: row for ports in self.ports.values() for each, row in rows(ports).items()}
        self.loose = {
            port["peer"]
            for ports in self.ports.values()
            for port in ports
            if port["peer"] in self.links and port["peer"] not in self.row
        }
        self.main = self._main()
        self.out, self.others = self._others()

    def _main(self) -> dict[str, str]:
        found: dict[str, tuple[int, str]] = {}
        for group, ports in self.ports.items():
            for port in ports:
                space = self.home.get(port["peer"] or "")
                if space is not None and (group is None or self.row[port["id"]] < SHOWN):
                    age = (self.inside[port["peer"]]["born"], port["id"])
                    found[space["id"]] = min(found.get(space["id"], age), age)
        return {space: port for space, (_, port) in found.items()}

    def _others(self) -> tuple[set[str], list[Link]]:
        placed = self.row.keys() | {bridge["id"] for bridge in self.bridges} | self.loose
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
