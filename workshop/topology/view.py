"""The graph made of what is known: namespaces, names, ports. What did not change stays the same object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    spaces = list(spaces)
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
                _pair(found, space, link, there, there.links[other])
    _pair_aside(spaces, found)
    return found


def _pair(found: dict[str, str], space: Space, link: Link, there: Space, end: Link) -> None:
    mine, theirs = f"{space.id}/{link.index}", f"{there.id}/{end.index}"
    found[mine], found[theirs] = theirs, mine


def _pair_aside(spaces: list[Space], found: dict[str, str]) -> None:
    """Put to ``found`` the pairs of which no host's own namespace tells: between a network's and a container's.

    Each end says the other's index; where several fit, the endpoint decides. What was made from within a network's
    namespace is announced at the host before it has another end, so an end there may say nothing.
    """
    ends: dict[tuple[str, int, int], list[tuple[Space, Link]]] = {}
    roots = {space.owner: space for space in spaces if space.root}
    for space in spaces:
        for link in () if space.root else space.links.values():
            if space.is_aside(link) and f"{space.id}/{link.index}" not in found:
                ends.setdefault((space.owner, link.index, link.value["other"]), []).append((space, link))
    for (owner, index, other), mine in ends.items():
        for space, link in mine:
            fits = [each for each in ends.get((owner, other, index), ()) if each[0] is not space]
            same = [each for each in fits if each[1].facts.endpoint == link.facts.endpoint]
            chosen = same if len(fits) > 1 else fits
            if len(chosen) == 1 and not {f"{s.id}/{e.index}" for s, e in (*chosen, (space, link))} & found.keys():
                _pair(found, space, link, *chosen[0])
    for (owner, _, other), mine in ends.items():
        root = roots.get(owner)
        end = root.links.get(other) if root else None
        if root is None or end is None or end.value["kind"] != "veth" or end.value["other"]:
            continue
        for space, link in mine:
            if _whose(link) == _whose(end) and f"{space.id}/{link.index}" not in found:
                _pair(found, space, link, root, end)
                break


def _whose(link: Link) -> tuple[str | None, str | None]:
    return link.facts.network, link.facts.endpoint


def network_of(space: Space, known: Known) -> str | None:
    """The network whose own namespace it is: its bridge is there, and it is nobody's sandbox. It stays that one's.

    Another host on this machine may have such a bridge too; it has addresses on links that are no network's.
    """
    if space.root or space.joined or space.id in known.sandboxes:
        return None
    others = {link.index for link in space.links.values() if link.facts.network is None}
    if any(index in others for index, _ in space.addresses):
        return None
    bridges = (link for link in space.links.values() if link.value["kind"] == "bridge")
    return space.network or next((link.facts.network for link in bridges if link.facts.network), None)


def parent(space: Space, link: Link, root: Space | None) -> str | None:
    """The link that a macvlan, ipvlan or VLAN link sits on."""
    other = link.value["other"]
    if link.value["kind"] not in CHILDREN or not other:
        return None
    there = space if link.value["other_nsid"] is None else root
    return f"{there.id}/{other}" if there is not None and other in there.links else None


def give_rows(root: Space, spaces: Iterable[Space], peer: dict[str, str]) -> None:
    """Give every port of a bridge a row of its own in the picture, the lowest that is free; likewise to what is on no
    bridge: host ends, and the containers of that host among ``spaces`` that have no end at it, nor in a network's own
    namespace. There, what leads to the host has none.

    Each keeps its row for as long as it is there, so nothing moves when others come and go.
    """
    taken: dict[Any, set[int]] = {}
    new: list[tuple[Facts | Space, Any]] = []

    def place(one: Facts | Space, group: Any, where: Space) -> None:
        if group is None:
            one.row = one.row_of = None
        elif one.row is not None and one.row_of == group:
            taken.setdefault((where, group), set()).add(one.row)
        else:
            one.row_of = group
            new.append((one, (where, group)))

    spaces = list(spaces)
    networks = {space.id: space for space in spaces if space.network}
    for where in (root, *networks.values()):
        for link in sorted(where.links.values(), key=lambda each: each.facts.born):
            group = link.value["master"]
            home = peer.get(f"{where.id}/{link.index}", "").partition("/")[0]
            if group is None and where is root:
                group = None if home in ("", root.id, *networks) else "direct"
            elif where is not root and home == root.id and link.facts.endpoint is None:
                group = None
            place(link.facts, group, where)
    plugged = {root.id, *networks}
    for space in sorted(spaces, key=lambda each: each.born):
        if not space.root:
            ends = {peer.get(f"{space.id}/{index}", "").partition("/")[0] for index in space.links}
            place(space, None if space.network or ends & plugged else "direct", root)
    for one, group in new:
        rows = taken.setdefault(group, set())
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
    """The JSON of one namespace. Links that are as they were are the same objects as before; those that are not judged
    yet, as their call is still to be read, are left out.

    ``should_have_gone`` gives the call that deleted the network or endpoint with that ID, if all of it should be gone.
    """
    before = {each["id"]: each for each in space.json["links"]} if space.json else {}
    addresses: dict[int, list[tuple[int, str]]] = {}
    for (index, address), family in space.addresses.items():
        addresses.setdefault(index, []).append((family, address))
    links = []
    judged = (link for link in space.links.values() if link.facts.judged or not space.asked)
    for link in sorted(judged, key=lambda each: (each.facts.born, f"{space.id}/{each.index}")):
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
    container = None if space.root or space.network else known.container_of(space)
    name = space.name or (places.name_of_network(space.network) if space.network else None)
    own = {
        "root": space.root,
        "name": space.owner if space.root else (container or {}).get("name") or name,
        "network": space.network,
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


def place_ports(ports: Sequence[dict[str, Any]], spaces: list[Space], root: Space) -> dict[str, list[dict[str, Any]]]:
    """The published ports of a host by the namespace with the address; the host itself has the rest."""
    found: dict[str, list[dict[str, Any]]] = {}
    if not ports:
        return found
    homes = {address.partition("/")[0]: space.id for space in reversed(spaces) for _, address in space.addresses}
    for port in ports:
        found.setdefault(homes.get(port.get("ip") or "", root.id), []).append(port)
    return found


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
