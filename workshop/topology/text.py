"""The graph as a tree for the terminal."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from workshop.topology import tunnels, words
from workshop.topology.parts import is_room

Tree = list[tuple[str, Any]]
MOST = 30
"""How many ports of a bridge are shown."""


def text(graph: dict[str, Any]) -> str:
    """The graph as lines of text: hosts, their bridges, what is plugged into them, containers."""
    lines, homes = [], tunnels.homes(graph)
    for host in graph["hosts"]:
        lines.append(f"host {words.clean(host['name'])}")
        lines += _lines(_host(host, homes))
    lines += [] if lines else ["no networks yet"]
    lines += [f"not seen: {words.clean(each['why'])}" for each in graph.get("unseen", ())]
    return "\n".join(lines) + "\n"


def _lines(tree: Tree, before: str = "") -> list[str]:
    found = []
    for number, (label, below) in enumerate(tree):
        last = number == len(tree) - 1
        found.append(f"{before}{'└─ ' if last else '├─ '}{label}")
        found += _lines(below, before + ("   " if last else "│  "))
    return found


def _host(host: dict[str, Any], homes: dict[str, Any]) -> Tree:
    spaces = host["namespaces"]
    root = next((space for space in spaces if space["root"]), None)
    rooms = [space for space in spaces if is_room(space)]
    inner = [space for space in spaces if not space["root"] and not is_room(space)]
    home = {link["id"]: space for space in inner for link in space["links"]}
    links = {link["id"]: link for link in root["links"]} if root else {}
    out = {route["link"] for route in root["routes"] if route["dst"] == "default"} if root else set()
    ends = [link for space in rooms for link in space["links"] if link["peer"] in links]
    gateways = {link["peer"] for link in ends if link["endpoint"] is None}
    told: set[str] = set()
    tree: Tree = []
    for space in (root, *rooms):
        found = _bridges(space, home, links, homes, told, gateways) if space else []
        tree += [(f"namespace {words.of_namespace(space)}", found)] if space in rooms else found
    told -= gateways
    own: Tree = []
    for link in links.values():
        if link["id"] in told:
            continue
        if link["peer"] in home:
            own += _ports([link], home, links, {})
            told.add(link["peer"])
        else:
            kind = "gateway" if link["id"] in gateways else link["kind"] or "link"
            kind = "uplink" if link["id"] in out else kind
            more = words.ports_of(root, far=True) if root and link["id"] in out else []
            below = _tunnel(root, link, homes) if tunnels.is_tunnel(link) else []
            own.append((_link(link, kind, *words.of_info(link), *more), below))
    for space in inner:
        if not any(link["id"] in told for link in space["links"]):
            own.append((_container(space), [(line, []) for line, _ in words.interfaces(space, 12, links)]))
    return own + tree if own or tree else [("no networks yet", [])]


def _bridges(
    space: dict[str, Any], home: dict[str, Any], links: dict[str, Any], homes: Any, told: set[str], gateways: Set[str]
) -> Tree:
    """The bridges of a namespace with their ports; what is told with them is put to ``told``."""
    tree: Tree = []
    for bridge in (link for link in space["links"] if link["kind"] == "bridge"):
        ports = [link for link in space["links"] if link["master"] == bridge["id"]]
        told |= {bridge["id"], *(port["id"] for port in ports), *(port["peer"] for port in ports if port["peer"])}
        below = {port["id"]: _tunnel(space, port, homes) for port in ports if tunnels.is_tunnel(port)}
        tree.append((_bridge(bridge), _ports(ports, home, links, below, gateways)))
    return tree


def _link(link: dict[str, Any], *more: str) -> str:
    state = [] if link["state"] == "up" else [link["state"]]
    left = ["left over"] if link.get("left_over") else []
    return "  ".join([words.clean(link["name"]), *link["addresses"], *more, *state, *left])


def _bridge(bridge: dict[str, Any]) -> str:
    name = bridge.get("network_name")
    return _link(bridge, "bridge" + (f" of network {words.clean(name)}" if name else ""))


def _container(space: dict[str, Any]) -> str:
    what = "container" if space.get("container") else ""
    return "  ".join(filter(None, [f"{what} {words.of_namespace(space)}".strip(), *words.ports_of(space)]))


def _tunnel(root: dict[str, Any] | None, link: dict[str, Any], homes: dict[str, Any]) -> Tree:
    """Where a tunnel leads, and the MAC addresses it knows there."""
    places = tunnels.places(root, link)
    tree: Tree = []
    for peer in tunnels.peers(root, link):
        known = [(mac, []) for mac, dst in places if dst == peer]
        tree.append((f"to {tunnels.told(peer, homes)}", known))
    told = set(tunnels.peers(root, link))
    return [*tree, *((f"{mac} at {tunnels.told(dst, homes)}", []) for mac, dst in places if dst not in told)]


def _ports(
    ports: list[dict[str, Any]],
    home: dict[str, Any],
    links: dict[str, Any],
    below: dict[str, Tree],
    gateways: Set[str] = frozenset(),
) -> Tree:
    tree: Tree = []
    for port in ports[:MOST]:
        state = "".join(
            [
                "" if port["state"] == "up" or port["peer"] not in home else f" {port['state']}",
                " left over" if port.get("left_over") else "",
            ]
        )
        name = words.clean(port["name"]) + state
        space = home.get(port["peer"] or "")
        if space is not None:
            end = next(link for link in space["links"] if link["id"] == port["peer"])
            mac = [end["mac"]] if end["mac"] else []
            tree.append((f"{name} ── {_link(end, *mac)}  in  {_container(space)}", []))
        elif port["peer"] in links:
            where = "the gateway" if port["peer"] in gateways else "not in a container"
            tree.append((f"{name} ── {words.clean(links[port['peer']]['name'])}  {where}", []))
        else:
            words_of = [port["kind"] or "link", *words.of_info(port)]
            tree.append(("  ".join([name, *words_of]), below.get(port["id"], [])))
    if len(ports) > MOST:
        tree.append((f"+{len(ports) - MOST} more", []))
    return tree
