"""Lets the reference driver go on with what the learner made, whatever it is called, and the other way round.

Every link that appeared on the host during the learner's ``create_network`` belongs to that network, every one that
appeared during ``create_endpoint``, and the ``join`` after it, to that endpoint. They are remembered in the store's row
as ``Links`` (see ``workshop/drivers/adopted.py``), so that the driver plugs into the learner's bridge, tells Docker the
learner's links, and removes them where removing is its own part. What the learner's own ``delete_…`` leaves, stays:
that is a fault.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from workshop import drivers, protocol
from workshop.course.eyes import Eyes
from workshop.course.learner.faults import Fault
from workshop.drivers import Driver, Handler, adopted, bridge_rules, naming, options
from workshop.drivers.common import handlers_of
from workshop.drivers.facts import facts_of
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.kernel.programs import ProgramError
from workshop.protocol import BY_NAME

Row = dict[str, Any]


class Companion:
    """Puts one host's handlers together: the driver's, and the learner's in their place.

    ``eyes`` look at the host; nobody else may use them. ``faults`` are the learner's answers that Docker cannot read.
    """

    def __init__(self, driver: Driver, eyes: Eyes) -> None:
        self._driver, self._eyes = driver, eyes
        self._lock = threading.Lock()
        self.reference: dict[str, Handler] = handlers_of(vars(driver), BY_NAME)
        self.faults: list[Fault] = []
        self._rules = driver is not drivers.load("null")
        """Whether the driver looks after the firewall, for bridges that others made too."""

    def together(self, learners: Mapping[str, Handler]) -> dict[str, Handler]:
        """The handlers of all routes, those of ``learners`` in the place of the driver's."""
        handlers = dict(self.reference)
        for route, handler in learners.items():
            wrap = getattr(self, f"_{route}", None)
            readable = self._readable(route, handler)
            handlers[route] = wrap(readable) if wrap else readable
        if "delete_network" not in learners:
            handlers["delete_network"] = self._clean(handlers["delete_network"])
        return handlers

    def _readable(self, route: str, handler: Handler) -> Handler:
        """Note an answer that Docker cannot read: the pipeline refuses it, but nobody else knows whose it was."""

        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            answer = handler(request, host)
            wrong = protocol.wrong_answer(BY_NAME[route], answer)
            if wrong:
                answer = as_written(answer, BY_NAME[route].answer)
                wrong = protocol.wrong_answer(BY_NAME[route], answer)
            if wrong:
                self.faults.append(Fault(route, "unreadable", f"it answered what Docker cannot read: {wrong}"))
            return answer

        return handle

    def _create_network(self, handler: Handler) -> Handler:
        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            known = (host.networks.get(request["NetworkID"]) or {}).get("Links") or []
            answer, made = self._watching(handler, request, host)
            if not answer.get("Err"):
                request["Links"] = [link for link in known if _is_there(host, link)] + made
                self._let_through(host, request)
            return answer

        return handle

    def _delete_network(self, handler: Handler) -> Handler:
        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            row = host.networks.get(request["NetworkID"])
            try:
                return handler(request, host)
            finally:
                self._close_again(host, request["NetworkID"], row)

        return handle

    def _create_endpoint(self, handler: Handler) -> Handler:
        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            known = (host.endpoints.get(request["EndpointID"]) or {}).get("Links") or []
            answer, made = self._watching(handler, request, host)
            if not answer.get("Err"):
                request["Links"] = [link for link in known if _is_there(host, link)] + made
            return answer

        return handle

    def _join(self, handler: Handler) -> Handler:
        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            answer, made = self._watching(handler, request, host)
            known = (host.endpoints.get(request["EndpointID"]) or {}).get("Links")
            if made and known is not None and not answer.get("Err"):  # else CreateEndpoint was not the learner's
                host.keep(request["EndpointID"], Links=[link for link in known if _is_there(host, link)] + made)
            return answer

        return handle

    def _delete_endpoint(self, handler: Handler) -> Handler:
        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            try:
                return handler(request, host)
            finally:
                if (host.endpoints.get(request["EndpointID"]) or {}).get("Ports"):
                    with contextlib.suppress(ProgramError):
                        host.unpublish(request["EndpointID"])

        return handle

    def _clean(self, handler: Handler) -> Handler:
        """The driver's own DeleteNetwork: it may not understand a request that the learner took."""

        def handle(request: Row, host: Host) -> Mapping[str, Any]:
            row = host.networks.get(request["NetworkID"])
            try:
                return handler(request, host)
            except PluginError:
                if row is None or "Links" not in row:
                    raise
                self._close_again(host, request["NetworkID"], row)
                adopted.remove(host, row)
                return {}

        return handle

    def _watching(self, handler: Handler, request: Row, host: Host) -> tuple[Mapping[str, Any], list[Row]]:
        """The handler's answer, and the links that appeared meanwhile."""
        with self._lock:  # of what two calls make at once, nobody could say whose it is
            before = set(self._indices())
            answer = handler(request, host)
            new = set(self._indices()) - before
            after = self._eyes.links() if new else []
        made = [row for row in after if row["index"] in new and naming.read_alias(row["alias"]) is None]
        ends = _ends(made)
        return answer, [
            {"name": row["name"], "index": row["index"], "kind": row["kind"], "end": ends.get(row["index"], "host")}
            for row in made
        ]

    def _indices(self) -> list[int]:
        with self._eyes.namespace.entered():
            return [index for index, _ in socket.if_nameindex()]  # far quicker than to ask for all of each link

    def _let_through(self, host: Host, request: Row) -> None:
        if not self._rules:
            return
        for name in _bridges(request):
            try:
                facts, chosen = facts_of(request), options.read(self._driver.OPTIONS, request, lambda text: None)
                with contextlib.ExitStack() as undo:
                    bridge_rules.let_through(host, request["NetworkID"], name, facts, chosen, undo)
                    undo.pop_all()
            except (PluginError, ProgramError) as error:
                host.warn(f"The firewall does not let {name} through: {error}")

    def _close_again(self, host: Host, network_id: str, row: Mapping[str, Any] | None) -> None:
        if not self._rules:
            return
        for name in _bridges(row) or [naming.bridge(network_id)]:
            bridge_rules.close_again(host, network_id, name)


def as_written(answer: Any, expected: Any) -> Any:
    """An answer with its keys in the letter case of the protocol: Docker does not care, our own check does."""
    while hasattr(expected, "__metadata__"):
        expected = expected.__origin__
    if isinstance(answer, dict) and hasattr(expected, "__required_keys__"):
        kinds = get_type_hints(expected, include_extras=True)
        names = {name.lower(): name for name in kinds}
        found = {}
        for key, value in answer.items():
            name = names.get(str(key).lower(), key)
            found[name] = as_written(value, kinds.get(name))
        return found
    parts = get_args(expected)
    if isinstance(answer, list) and parts:
        return [as_written(each, parts[0]) for each in answer]
    inner = [part for part in parts if part is not type(None)]
    return as_written(answer, inner[0]) if isinstance(answer, dict) and len(inner) == 1 else answer


def _bridges(row: Mapping[str, Any] | None) -> list[str]:
    return [link["name"] for link in (row or {}).get("Links") or () if link["kind"] == "bridge"]


def _is_there(host: Host, link: Mapping[str, Any]) -> bool:
    return host.kernel.name_of(link["index"]) == link["name"]


def _ends(made: list[Row]) -> dict[int, str]:
    """Which of an endpoint's new links is for the container: the one that is neither plugged in nor above the other."""
    if len(made) == 1:
        return {made[0]["index"]: "container"}
    first = min(made, key=lambda row: (row["kind"] == "bridge", row["master"] is not None, row["up"]), default=None)
    return {first["index"]: "container"} if first is not None else {}
