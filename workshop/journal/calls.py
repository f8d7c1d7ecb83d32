"""Calls, folded from events: what began, what was done, how it ended. And the names of things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workshop.journal.event import Event

SHORT = 12
"""How many digits of an ID are enough for a person."""


class State(StrEnum):
    """How far a call is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Command:
    """One thing that the kernel was told during a call, as the equivalent command."""

    at: float
    host: str | None
    tool: str
    command: str
    error: str | None
    duration_ms: float | None


@dataclass(slots=True)
class Call:
    """One call that Docker made, as far as the events tell.

    ``route`` is as Docker writes it (``NetworkDriver.Join``) or the raw path, ``request`` the JSON object or
    ``None``, ``raw`` the body where it was no JSON object. Times are seconds since 1970, durations
    milliseconds: ``duration_ms`` in the handler, ``waited_ms`` for calls on the same network before it, ``held_ms`` in
    step mode. ``held`` says where the call is held now (``"handler"``: before it, ``"answer"``: before that is sent),
    and ``fault`` which fault took the place of the right answer.
    ``changes`` are those of ``topology`` events, each with a ``by``. A call whose beginning the journal no
    longer has is known by its end.
    """

    number: int
    state: State = State.RUNNING
    host: str | None = None
    route: str = ""
    name: str | None = None
    request: dict[str, Any] | None = None
    raw: str | None = None
    network: str | None = None
    endpoint: str | None = None
    sandbox: str | None = None
    started: float | None = None
    finished: float | None = None
    status: int | None = None
    answer: dict[str, Any] | None = None
    error: str | None = None
    duration_ms: float | None = None
    waited_ms: float | None = None
    held: str | None = None
    held_ms: float | None = None
    fault: str | None = None
    commands: list[Command] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    output: list[str] = field(default_factory=list)

    @property
    def volume(self) -> str:
        """The volume that a volume driver is called about; else empty."""
        named = (self.request or {}).get("Name") if self.route.startswith("VolumeDriver.") else None
        return named if isinstance(named, str) else ""

    def as_dict(self) -> dict[str, Any]:
        """The call as a JSON object, IDs in full."""
        plain = {name: getattr(self, name) for name in Call.__slots__ if name not in ("state", "commands")}
        commands = [{name: getattr(one, name) for name in Command.__slots__} for one in self.commands]
        return plain | {"state": self.state.value, "commands": commands}


class Calls:
    """The calls that the events told of, oldest first, kept up to date one event at a time.

    ``keep`` is how many calls are remembered at most; the oldest go first.
    """

    def __init__(self, events: Iterable[Event] = (), *, keep: int = 10_000) -> None:
        self._calls: dict[int, Call] = {}
        self._keep = keep
        for event in events:
            self.take(event)

    def take(self, event: Event) -> Call | None:
        """Learn from one event. Gives the call that it belongs to, if it told something about one."""
        learn = _LEARN.get(event.kind)
        if event.call is None or learn is None:
            return None
        call = self._calls.get(event.call)
        if call is None:
            call = self._calls[event.call] = Call(event.call)
            while len(self._calls) > self._keep:
                del self._calls[next(iter(self._calls))]
        learn(call, event)
        return call

    def get(self, number: int) -> Call | None:
        """The call with that number, if it is remembered."""
        return self._calls.get(number)

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls.values()))

    def __len__(self) -> int:
        return len(self._calls)


def _started(call: Call, event: Event) -> None:
    for name in ("host", "route", "name", "request", "raw", "network", "endpoint", "sandbox"):
        if event.data.get(name) is not None:
            setattr(call, name, event.data[name])
    call.started = event.at


def _finished(call: Call, event: Event) -> None:
    for name in ("route", "network", "endpoint"):
        if event.data.get(name) is not None:
            setattr(call, name, event.data[name])
    for name in ("status", "answer", "error", "duration_ms", "waited_ms", "held_ms", "fault"):
        setattr(call, name, event.data.get(name))
    call.held = None
    call.finished = event.at
    failed = call.error is not None or (call.status is not None and call.status >= 400)
    call.state = State.FAILED if failed else State.DONE


def _held(call: Call, event: Event) -> None:
    call.held = str(event.data.get("where")) if event.data.get("state") == "held" else None


def _commanded(call: Call, event: Event) -> None:
    data = event.data
    call.commands.append(
        Command(
            event.at,
            data.get("host"),
            str(data.get("tool") or ""),
            str(data.get("command") or ""),
            data.get("error"),
            data.get("duration_ms"),
        )
    )


def _changed(call: Call, event: Event) -> None:
    by = event.data.get("by")
    call.changes.extend({"by": by, **change} for change in event.data.get("changes") or ())


def _printed(call: Call, event: Event) -> None:
    call.output.append(str(event.data.get("text") or ""))


_LEARN = {
    "call.started": _started,
    "call.finished": _finished,
    "call.held": _held,
    "kernel": _commanded,
    "topology": _changed,
    "output": _printed,
}


class Names:
    """The short names of networks, endpoints and containers, learnt from ``docker`` events.

    What is gone keeps its name: the calls that remove it come after Docker forgot it. ``keep`` bounds each
    kind.
    """

    def __init__(self, *, keep: int = 10_000) -> None:
        self._keep = keep
        self._networks: dict[str, str] = {}
        self._endpoints: dict[str, dict[str, Any]] = {}
        self._containers: dict[str, str] = {}
        self._sandboxes: dict[str, str] = {}

    def take(self, event: Event) -> None:
        """Learn from one event."""
        if event.kind != "docker":
            return
        for network, entry in (event.data.get("networks") or {}).items():
            if entry and entry.get("name"):
                self._put(self._networks, network, str(entry["name"]))
        for endpoint, entry in (event.data.get("endpoints") or {}).items():
            if entry:
                self._put(self._endpoints, endpoint, entry)
        for container, entry in (event.data.get("containers") or {}).items():
            if not entry:
                continue
            if entry.get("name"):
                self._put(self._containers, container, str(entry["name"]))
            if entry.get("sandbox"):
                self._put(self._sandboxes, str(entry["sandbox"]), container)

    def name_of_network(self, network: str) -> str:
        """The name that its user gave to a network, or the first 12 digits of its ID."""
        return self._networks.get(network) or short(network)

    def name_of_container(self, container: str) -> str:
        """The container's name, or the first 12 digits of its ID."""
        return self._containers.get(container) or short(container)

    def container_of(self, endpoint: str | None, sandbox: str | None = None) -> str | None:
        """The name of the container that an endpoint or a sandbox belongs to, or ``None`` if not known."""
        entry = self._endpoints.get(endpoint or "", {})
        if entry.get("name"):
            return str(entry["name"])
        container = entry.get("container") or self._sandboxes.get(sandbox or "")
        return self._containers.get(container) if container else None

    def _put(self, table: dict[str, Any], key: str, value: Any) -> None:
        table[key] = value
        while len(table) > self._keep:
            del table[next(iter(table))]


def short(identifier: str) -> str:
    """An ID as a person reads it: its first 12 digits."""
    return identifier[:SHORT]
