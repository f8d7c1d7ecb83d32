"""The graph as data: plain JSON objects, and pure functions on them. No kernel, no journal.

``docs/architecture.md`` shows the shape. Every list has one order (``ORDER``), so that two graphs are equal
exactly if they say the same, and a change needs no position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Graph = dict[str, Any]
Change = dict[str, Any]


def _of_namespace(value: dict[str, Any]) -> tuple[Any, ...]:
    return (not value["root"], value.get("born", 0), value["id"])


def _of_link(value: dict[str, Any]) -> tuple[Any, ...]:
    return (value["born"], value["id"])


def route_id(value: dict[str, Any]) -> str:
    """What tells one route of a namespace from another."""
    return f"{value['dst']} via {value['gateway']} dev {value['link']} table {value['table']}"


def neighbour_id(value: dict[str, Any]) -> str:
    """What tells one neighbour of a namespace from another."""
    return f"{value['address']} dev {value['link']}"


def fdb_id(value: dict[str, Any]) -> str:
    """What tells one entry of a tunnel's forwarding table from another."""
    return f"{value['mac']} at {value['dst']} dev {value['link']}"


ORDER: dict[str, Callable[[dict[str, Any]], Any]] = {
    "host": lambda value: value["name"],
    "namespace": _of_namespace,
    "link": _of_link,
    "route": route_id,
    "neighbour": neighbour_id,
    "fdb": fdb_id,
}
"""By what each list is ordered: hosts by name, the rest by age or by what they are."""

IDENTITY: dict[str, Callable[[dict[str, Any]], str]] = {
    "host": lambda value: value["name"],
    "namespace": lambda value: value["id"],
    "link": lambda value: value["id"],
    "route": route_id,
    "neighbour": neighbour_id,
    "fdb": fdb_id,
}
"""The ``id`` that a change names."""

PARTS = {"link": "links", "route": "routes", "neighbour": "neighbours", "fdb": "fdb"}
"""The lists of a namespace that changes speak of one by one."""


def empty() -> Graph:
    """A graph with nothing in it."""
    return {"seq": 0, "at": 0.0, "hosts": [], "unseen": []}


def namespace(identity: str, *, root: bool = False, **fields: Any) -> dict[str, Any]:
    """A namespace with nothing in it; ``fields`` replaces what is said here."""
    bare = {"id": identity, "name": None, "root": root, "network": None, "container": None, "born": 0}
    return {**bare, "row": None, "ports": [], **fields, "links": [], "routes": [], "neighbours": [], "fdb": []}


def host(graph: Graph, name: str) -> dict[str, Any] | None:
    """The host of that name."""
    return next((each for each in graph["hosts"] if each["name"] == name), None)


def namespaces(graph: Graph) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every namespace, with its host: ``(host, namespace)``."""
    for each in graph["hosts"]:
        for space in each["namespaces"]:
            yield each, space


def links(graph: Graph) -> dict[str, dict[str, Any]]:
    """Every link by its ID."""
    return {link["id"]: link for _, space in namespaces(graph) for link in space["links"]}


def find(graph: Graph, identity: str) -> dict[str, Any] | None:
    """The namespace or link with that ID."""
    for _, space in namespaces(graph):
        if space["id"] == identity:
            return space
        if identity.startswith(space["id"] + "/"):
            return next((link for link in space["links"] if link["id"] == identity), None)
    return None


def ordered(graph: Graph) -> Graph:
    """The same graph with every list in its order."""
    hosts = []
    for each in graph["hosts"]:
        spaces = [
            {**space, **{part: sorted(space[part], key=ORDER[what]) for what, part in PARTS.items()}}
            for space in each["namespaces"]
        ]
        hosts.append({**each, "namespaces": sorted(spaces, key=ORDER["namespace"])})
    return {**graph, "hosts": sorted(hosts, key=ORDER["host"])}


def apply(graph: Graph, change: Change) -> Graph:
    """The graph after one change; the given one stays as it is. What does not change is shared by both.

    A change of what is not there adds it, the removal of what is not there does nothing.
    """
    what = change["what"]
    if what == "unseen":
        return {**graph, "unseen": change["value"]}
    if what == "host":
        return {**graph, "hosts": _put(graph["hosts"], what, change, {"namespaces": []})}
    where = host(graph, change["host"])
    if where is None:
        return graph
    if what == "namespace":
        spaces = _put(where["namespaces"], what, change, {part: [] for part in PARTS.values()})
    else:
        part = PARTS[what]
        spaces = [
            {**space, part: _put(space[part], what, change, {})} if space["id"] == change["namespace"] else space
            for space in where["namespaces"]
        ]
    return {**graph, "hosts": [{**where, "namespaces": spaces} if h is where else h for h in graph["hosts"]]}


def apply_all(graph: Graph, changes: Iterable[Change]) -> Graph:
    """The graph after several changes, in order."""
    for change in changes:
        graph = apply(graph, change)
    return graph


def take(graph: Graph, data: dict[str, Any], seq: int, at: float) -> Graph:
    """The graph after one ``topology`` event: its ``data``, its number and its time."""
    graph = data["graph"] if "graph" in data else apply_all(graph, data.get("changes", ()))
    return {**graph, "seq": seq, "at": at}


def _put(items: list[dict[str, Any]], what: str, change: Change, inner: dict[str, Any]) -> list[dict[str, Any]]:
    """``items`` with one entry put in, replaced or taken out. ``inner``: the lists that an entry keeps."""
    identity = IDENTITY[what]
    old = next((each for each in items if identity(each) == change["id"]), None)
    rest = [each for each in items if each is not old]
    if change["op"] == "remove":
        return rest
    new = {**change["value"], **{key: (old or {}).get(key, default) for key, default in inner.items()}}
    key = ORDER[what]
    place = next((at for at, each in enumerate(rest) if key(each) > key(new)), len(rest))
    return [*rest[:place], new, *rest[place:]]


def own(what: str, value: dict[str, Any]) -> dict[str, Any]:
    """What a host or namespace says of itself, without the lists that changes speak of one by one."""
    inner = {"host": ("namespaces",), "namespace": tuple(PARTS.values())}.get(what, ())
    return {key: each for key, each in value.items() if key not in inner}


def diff(old: Graph, new: Graph) -> list[Change]:
    """The changes that make ``new`` of ``old``, in an order in which they can be applied.

    First what goes (from the inside out), then what comes and what differs (from the outside in).
    """
    gone: list[Change] = []
    here: list[Change] = []
    _compare(old["hosts"], new["hosts"], "host", {"host": None, "namespace": None}, gone, here)
    if old["unseen"] != new["unseen"]:
        here.append(_change("change", "unseen", {"host": None, "namespace": None}, "", new["unseen"], old["unseen"]))
    return gone + here


def _compare(
    old: list[dict[str, Any]],
    new: list[dict[str, Any]],
    what: str,
    place: dict[str, Any],
    gone: list[Change],
    here: list[Change],
) -> None:
    if old is new:
        return
    identity = IDENTITY[what]
    before, after = ({identity(each): each for each in items} for items in (old, new))
    for key, value in before.items():
        if key not in after:
            _inside(value, None, what, place, gone, here)
            gone.append(_change("remove", what, place, key, None, own(what, value)))
    for key, value in after.items():
        was = before.get(key)
        if was is value:
            continue
        mine, theirs = own(what, value), None if was is None else own(what, was)
        if mine != theirs:
            here.append(_change("add" if was is None else "change", what, place, key, mine, theirs))
        _inside(was, value, what, place, gone, here)


def _inside(
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    what: str,
    place: dict[str, Any],
    gone: list[Change],
    here: list[Change],
) -> None:
    some = new or old or {}
    if what == "host":
        inner = {"host": some["name"], "namespace": None}
        _compare(
            (old or {}).get("namespaces", []),
            (new or {}).get("namespaces", []),
            "namespace",
            inner,
            gone,
            here,
        )
    elif what == "namespace":
        inner = {**place, "namespace": some["id"]}
        for part in reversed(PARTS) if new is None else PARTS:
            _compare((old or {}).get(PARTS[part], []), (new or {}).get(PARTS[part], []), part, inner, gone, here)


def _change(op: str, what: str, place: dict[str, Any], identity: str, value: Any, was: Any) -> Change:
    return {"op": op, "what": what, **place, "id": identity, "value": value, "was": was}


def last_graph(events: Iterable[Any]) -> Graph | None:
    """The graph that the ``topology`` events among ``events`` end with, ``None`` if none holds a whole."""
    graph: Graph | None = None
    for event in events:
        if event.kind == "topology" and (graph is not None or "graph" in event.data):
            graph = take(graph or empty(), event.data, event.seq, event.at)
    return graph
