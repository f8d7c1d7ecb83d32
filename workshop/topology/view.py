"""The graph made of what is known: namespaces, names, ports. What did not change stays the same object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from workshop.journal import Event
from workshop.topology import graph as graphs
from workshop.topology import places
from workshop.topology.space import Facts, Link, Space
from workshop.topology.wire import MAIN_TABLE

CHILDREN = ("macvlan", "ipvlan", "vlan", "macvtap", "ipvtap", "vxlan")
"""Kinds of links that sit on another: what the kernel calls their link is the parent, not a peer."""

STOPPED = ("created", "exited", "dead", "removing")


@dataclass
class Known:
    """Names of networks, endpoints and containers as ``docker`` events tell them, by ID."""

    networks: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, Any] = field(default_factory=dict)
    containers: dict[str, Any] = field(default_factory=dict)
    sandboxes: dict[str, str] = field(default_factory=dict)

    def take(self, event: Event, *, locate: bool = True) -> bool:
        """Learn from a ``docker`` event; says whether there was anything to learn.

        ``locate``: also find out which namespaces are the containers' now.
        """
        learned = False
        for table in ("networks", "endpoints", "containers"):
            for key, value in (event.data.get(table) or {}).items():
                learned = True
                if value is None:
                    getattr(self, table).pop(key, None)
                else:
                    getattr(self, table)[key] = value
                if table == "containers" and locate:
                    self._locate(key, value)
        return learned

    def _locate(self, container: str, value: dict[str, Any] | None) -> None:
        self.sandboxes = {space: each for space, each in self.sandboxes.items() if each != container}
        if value and value.get("state") not in STOPPED:
            paths = [value.get("sandbox"), f"/proc/{value['pid']}/ns/net" if value.get("pid") else None]
            key = next((key for path in paths if path and (key := places.key_of(path))), None)
            if key:
                self.sandboxes[places.identity(key)] = container

    def container_of(self, space: Space) -> dict[str, Any] | None:
        """The container whose namespace that is: by its endpoints, else by its sandbox."""
        of_link = (self.endpoints.get(link.facts.endpoint or "") for link in space.links.values())
        found = [each.get("container") for each in of_link if each]
        for identity in (*found, self.sandboxes.get(space.id)):
            value = self.containers.get(identity or "")
            if identity and value:
                return {"id": identity, "name": value.get("name"), "image": value.get("image")}
        return None

    def network_name(self, network: str | None) -> str | None:
        """What a network is called, if that is known."""
        return (self.networks.get(network or "") or {}).get("name")


def peers(spaces: Iterable[Space], numbers: dict[str, dict[int, Space | None]]) -> dict[str, str]:
    """The other end of each veth link, both ways, by ID. ``numbers``: each host's namespaces by nsid."""
    found: dict[str, str] = {}
    for space in spaces:
        if not space.root:
            continue
        for link in space.links.values():
            other = link.value["other"]
            if link.value["kind"] != "veth" or not other:
                continue
            nsid = link.value["other_nsid"]
            there = space if nsid is None else numbers[space.owner].get(nsid)
            if there is not None and other in there.links:
                mine, theirs = f"{space.id}/{link.index}", f"{there.id}/{other}"
                found[mine], found[theirs] = theirs, mine
    return found


def parent(space: Space, link: Link, root: Space | None) -> str | None:
    """The link that a macvlan, ipvlan or VLAN link sits on."""
    other = link.value["other"]
    if link.value["kind"] not in CHILDREN or not other:
        return None
    there = space if link.value["other_nsid"] is None else root
    return f"{there.id}/{other}" if there is not None and other in there.links else None


def give_rows(root: Space, spaces: Iterable[Space], peer: dict[str, str]) -> None:
    """Give every port of a bridge a row of its own in the picture, the lowest that is free; likewise to what is on no
    bridge: host ends, and the containers of that host among ``spaces`` that have no end at it.

    Each keeps its row for as long as it is there, so nothing moves when others come and go.
    """
    taken: dict[Any, set[int]] = {}
    new: list[Facts | Space] = []

    def place(one: Facts | Space, group: Any) -> None:
        if group is None:
            one.row = one.row_of = None
        elif one.row is not None and one.row_of == group:
            taken.setdefault(group, set()).add(one.row)
        else:
            one.row_of = group
            new.append(one)

    for link in sorted(root.links.values(), key=lambda each: each.facts.born):
        group = link.value["master"]
        if group is None:
            other = peer.get(f"{root.id}/{link.index}", "")
            group = "direct" if other and not other.startswith(root.id + "/") else None
        place(link.facts, group)
    for space in sorted(spaces, key=lambda each: each.born):
        if not space.root:
            ends = (peer.get(f"{space.id}/{index}", "") for index in space.links)
            place(space, None if any(end.startswith(root.id + "/") for end in ends) else "direct")
    for one in new:
        rows = taken.setdefault(one.row_of, set())
        one.row = next(row for row in range(len(rows) + 1) if row not in rows)
        rows.add(one.row)


def build(
    space: Space,
    root: Space | None,
    peer: dict[str, str],
    known: Known,
    ports: list[Any],
    should_have_gone: Callable[[str | None], int | None],
) -> dict[str, Any]:
    """The JSON of one namespace. Links that are as they were are the same objects as before.

    ``should_have_gone`` gives the call that deleted the network or endpoint with that ID, if all of it should be gone.
    """
    before = {each["id"]: each for each in space.json["links"]} if space.json else {}
    addresses: dict[int, list[tuple[int, str]]] = {}
    for (index, address), family in space.addresses.items():
        addresses.setdefault(index, []).append((family, address))
    links = []
    for link in sorted(space.links.values(), key=lambda each: (each.facts.born, f"{space.id}/{each.index}")):
        identity, value, facts = f"{space.id}/{link.index}", link.value, link.facts
        mine = sorted(addresses.get(link.index, ()), key=lambda each: each[0])  # stable: IPv4 first
        deleted_by = should_have_gone(facts.endpoint or facts.network)
        new = {
            "id": identity,
            "index": link.index,
            **{key: value[key] for key in ("name", "kind", "state", "mac", "mtu", "alias")},
            "addresses": [address for _, address in mine],
            "master": f"{space.id}/{value['master']}" if value["master"] else None,
            "peer": peer.get(identity),
            "parent": parent(space, link, root),
            "info": value["info"],
            "network": facts.network,
            "network_name": known.network_name(facts.network),
            "endpoint": facts.endpoint,
            "made_by": facts.made_by,
            "born": facts.born,
            "row": facts.row,
            "left_over": deleted_by is not None,
            "should_have_gone": deleted_by,
        }
        was = before.get(identity)
        links.append(was if was == new else new)
    container = None if space.root else known.container_of(space)
    own = {
        "root": space.root,
        "name": space.owner if space.root else (container or {}).get("name") or space.name,
        "container": container,
        "born": space.born,
        "row": space.row,
        "ports": ports,
    }
    new = graphs.namespace(space.id, **own)
    new["links"] = links
    new["routes"] = _routes(space)
    new["neighbours"] = _neighbours(space)
    new["fdb"] = _fdb(space)
    if space.json == new:
        return space.json
    space.json = new
    return new


def _routes(space: Space) -> list[dict[str, Any]]:
    found = {}
    for (_, dst, _, gateway, index), _value in space.routes.items():
        route = {"dst": dst, "gateway": gateway, "link": f"{space.id}/{index}", "table": MAIN_TABLE}
        found[graphs.route_id(route)] = route
    return [found[key] for key in sorted(found)]


def _fdb(space: Space) -> list[dict[str, Any]]:
    found = [{**value, "link": f"{space.id}/{key[0]}"} for key, value in space.fdb.items()]
    return sorted(found, key=graphs.fdb_id)


def _neighbours(space: Space) -> list[dict[str, Any]]:
    found = {}
    for (index, _), value in space.neighbours.items():
        neighbour = {**value, "link": f"{space.id}/{index}"}
        found[graphs.neighbour_id(neighbour)] = neighbour
    return [found[key] for key in sorted(found)]
