"""Which call a change belongs to, from what the journal says of calls. No kernel in here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from workshop.journal import Event
from workshop.topology.space import Facts

AFTERMATH = 10.0
"""For how many seconds after its answer Docker may still be doing what follows from a call."""

LATE = 0.05
"""How many seconds after the end of a call its link may be heard of."""

ACTED_ON = ("create_network", "delete_network", "create_endpoint", "delete_endpoint", "join", "leave")
"""The calls after whose answer Docker goes on to do something to the network."""

KEPT = 5_000
NETWORKS = "bdtvgu"
"""The letters in the names of links that are a network's."""
_ALIAS = re.compile(r"workshop (network|endpoint) (\S+)")
_NAME = re.compile(r"ws([bhcdtvgu])([0-9a-z]{10})")


@dataclass(slots=True)
class Call:
    """A call as the journal tells it. ``ended`` is in seconds since 1970, ``None`` while it runs."""

    number: int
    host: str
    name: str | None
    network: str | None
    endpoint: str | None
    sandbox: str | None
    ended: float | None = None


@dataclass
class Calls:
    """The calls that run, and the last of each network and endpoint."""

    running: dict[int, Call] = field(default_factory=dict)
    of_endpoint: dict[str, Call] = field(default_factory=dict)
    of_network: dict[str, Call] = field(default_factory=dict)
    sources: dict[tuple[str, str], Call] = field(default_factory=dict)
    deleted: dict[str, Call] = field(default_factory=dict)
    """The finished call that deleted a network or an endpoint, by that one's ID."""
    _short: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, event: Event) -> Call | None:
        """Learn from an event; gives the call if it has just started or finished."""
        if event.call is None:
            return None
        if event.kind == "call.started":
            data = event.data
            call = Call(
                event.call,
                data.get("host") or "",
                data.get("name"),
                data.get("network"),
                data.get("endpoint"),
                data.get("sandbox"),
            )
            self.running[call.number] = call
            for table, letters, key in (
                (self.of_network, NETWORKS, call.network),
                (self.of_endpoint, "hc", call.endpoint),
            ):
                if key:
                    if call.name in ACTED_ON or key not in table:
                        _keep(table, key, call)
                    self.deleted.pop(key, None)
                    for letter in letters:
                        _keep(self._short, (letter, key[:10]), key)
            return call
        if event.kind == "call.finished" and (ended := self.running.pop(event.call, None)):
            ended.ended = event.at
            answer = event.data.get("answer")
            self._finished(ended, answer if isinstance(answer, dict) else {})
            return ended
        return None

    def _finished(self, call: Call, answer: dict[str, Any]) -> None:
        if call.name == "join":
            given = next((value for key, value in answer.items() if key.lower() == "interfacename"), None)
            source = given.get("SrcName") if isinstance(given, dict) else None
            if isinstance(source, str) and source:
                _keep(self.sources, (call.host, source), call)
        gone = {"delete_endpoint": call.endpoint, "delete_network": call.network}.get(call.name or "")
        if gone:
            _keep(self.deleted, gone, call)

    def whose(self, host: str, name: str, alias: str | None) -> tuple[str | None, str | None]:
        """Network and endpoint of a link, by what is written on it, its name, or an answer to Join."""
        kind = identity = None
        if match := _ALIAS.match(alias or ""):
            kind, identity = match[1], match[2]
        elif match := _NAME.fullmatch(name):
            kind, identity = (
                "network" if match[1] in NETWORKS else "endpoint",
                self._short.get((match[1], match[2])),
            )
        elif call := self.sources.get((host, name)):
            kind, identity = "endpoint", call.endpoint
        if identity is None:
            return None, None
        if kind == "network":
            return identity, None
        last = self.of_endpoint.get(identity)
        return (last.network if last else None), identity

    def know(self, host: str, value: dict[str, Any]) -> bool:
        """Whether a call of a link's network or endpoint was told of by now."""
        network, endpoint = self.whose(host, value["name"], value["alias"])
        return endpoint in self.of_endpoint if endpoint else network in self.of_network

    def claim(self, host: str, value: dict[str, Any], facts: Facts) -> None:
        """Put down whose link it is, of which the kernel says ``value``, if that can be known."""
        if facts.network is None and facts.endpoint is None:
            facts.network, facts.endpoint = self.whose(host, value["name"], value["alias"])
        elif facts.network is None and (last := self.of_endpoint.get(facts.endpoint or "")):
            facts.network = last.network
        elif value["alias"] and facts.endpoint is None:  # what several networks use goes over when one is deleted
            facts.network = self.whose(host, value["name"], value["alias"])[0] or facts.network

    def maker(self, host: str, network: str | None, endpoint: str | None, at: float) -> Call | None:
        """The call that made a link which was first heard of at ``at``."""
        call, by = self.blame(host, network, endpoint, at)
        if by == "handler":
            return call
        last = self.of_endpoint.get(endpoint or "") or self.of_network.get(network or "")
        late = last is not None and last.ended is not None and at - last.ended < LATE
        return last if late else None

    def blame(
        self, host: str, network: str | None, endpoint: str | None, at: float, *, inside: bool = False
    ) -> tuple[Call | None, str | None]:
        """The call during which something changed at ``at``, and ``"handler"``, ``"docker"`` or ``None``.

        ``inside``: the change is of a kind that Docker makes with a call's answer (in a container, a move).
        """
        mine = [call for call in self.running.values() if call.host == host]
        for fits in (
            lambda call: endpoint is not None and call.endpoint == endpoint,
            lambda call: network is not None and call.network == network and call.endpoint is None,
        ):
            for call in reversed(mine):
                if fits(call) and (call.name in ACTED_ON or not inside):
                    return call, "handler"
        last = self.of_endpoint.get(endpoint or "") or (None if endpoint else self.of_network.get(network or ""))
        followed = last is not None and last.ended is not None and 0 <= at - last.ended < AFTERMATH
        if inside and endpoint is not None and followed:
            return last, "docker"
        if endpoint is None and network is not None:
            for call in reversed(mine):
                if call.network == network:
                    return call, "handler"
        if len(mine) == 1 and not (inside and endpoint is not None):
            return mine[0], "handler"
        if followed:
            return last, "docker"
        return None, None


def _keep(table: dict[Any, Any], key: Any, value: Any) -> None:
    """Put in as the newest; the oldest goes when there are too many."""
    table.pop(key, None)
    table[key] = value
    if len(table) > KEPT:
        del table[next(iter(table))]
