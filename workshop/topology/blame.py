"""Which call a change of the graph is told with."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.topology import graph as graphs
from workshop.topology.calls import Calls
from workshop.topology.graph import Change, Graph
from workshop.topology.space import Space

BY_ITSELF = {"state", "peer"}
"""What changes at the host's end of a pair when Docker works at the other."""

NOT_THE_KERNEL = {"network_name", "left_over", "network", "endpoint"}
"""What of a link is not the kernel's: names learned, and judgements."""


@dataclass(frozen=True, slots=True)
class Told:
    """A change, the call that it belongs to, and by whom: ``"handler"``, ``"docker"`` or ``None``."""

    change: Change
    call: int | None
    by: str | None


class Blame:
    """Finds the call of a change; reads what the state knows of spaces, calls, and the endpoints of
    sandboxes."""

    def __init__(self, spaces: dict[str, Space], calls: Calls, sandboxes: dict[str, str]) -> None:
        self._spaces, self._calls, self._sandboxes = spaces, calls, sandboxes

    def of(self, change: Change, old: Graph, at: float, moved: set[str]) -> Told:
        """A change that was seen at ``at``, with its call; ``moved``: links on their way to elsewhere or
        back."""
        what, host = change["what"], change["host"]
        value, was = change["value"] or change["was"], change["was"]
        home = change["namespace"] or change["id"]
        own = self._network_of(home, old)
        inside = own is None and self._is_inside(home)
        if what == "link":
            network, endpoint = value["network"], value["endpoint"]
            differ = {key for key in value if was is not None and was.get(key) != value[key]}
            if change["op"] == "change" and differ <= NOT_THE_KERNEL:
                return Told(change, None, None)
            inside = inside or change["id"] in moved
            inside = inside or (change["op"] == "change" and differ <= BY_ITSELF)
        elif what in ("route", "neighbour", "fdb"):
            if what != "route" and value["state"] != "permanent":
                return Told(change, None, None)  # learned from traffic, not from a call
            network, endpoint = self._of_link(value["link"], old)
        elif what == "namespace" and (change["op"] != "change" or value["ports"] != was["ports"]):
            inside = inside and change["op"] != "change"
            network, endpoint = own, None if own else self._sandboxes.get(home) or self._endpoint_in(home)
        else:
            return Told(change, None, None)
        call, by = self._calls.blame(host, network, endpoint, at, inside=inside)
        if own is not None and by == "docker" and change["op"] != "change":
            by = "handler"  # Docker knows nothing of such a namespace; the kernel takes its time to end one
        return Told(change, call.number if call else None, by)

    def _is_inside(self, namespace: str) -> bool:
        space = self._spaces.get(namespace)
        return space is None or not space.root

    def _network_of(self, namespace: str, old: Graph) -> str | None:
        """The network whose own namespace that is, or was."""
        space = self._spaces.get(namespace)
        known = graphs.find(old, namespace) if space is None else None
        return space.network if space is not None else (known or {}).get("network")

    def _of_link(self, identity: str, old: Graph) -> tuple[str | None, str | None]:
        space_id, _, index = identity.partition("/")
        space = self._spaces.get(space_id)
        link = space.links.get(int(index)) if space else None
        if link is not None:
            return link.facts.network, link.facts.endpoint
        gone = graphs.find(old, identity)
        return (gone["network"], gone["endpoint"]) if gone else (None, None)

    def _endpoint_in(self, namespace: str) -> str | None:
        space = self._spaces.get(namespace)
        ends = (link.facts.endpoint for link in space.links.values()) if space else ()
        return next((end for end in ends if end), None)
