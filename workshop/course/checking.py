"""What an exercise's ``checks.py`` imports: checks, scenarios, and the run that a scenario is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.course import traffic
from workshop.course.across import Across
from workshop.course.asked import Asked
from workshop.course.docker import Container, Docker, DockerError, Network, Output, Volume
from workshop.course.doors import Doors
from workshop.course.eyes import Eyes
from workshop.course.nodes import Nodes
from workshop.course.outside import Outside
from workshop.course.partly import Partly
from workshop.course.path import Broken
from workshop.course.pinging import Pinging
from workshop.course.view import Counters, Link, View, told
from workshop.errors import CannotHere

if TYPE_CHECKING:
    from workshop.course.station import Station

__all__ = [
    "Asked",
    "Broken",
    "CannotHere",
    "Check",
    "Container",
    "Counters",
    "DockerError",
    "Link",
    "Network",
    "Nodes",
    "Output",
    "Run",
    "View",
    "Volume",
    "in_json",
    "scenario",
]


def in_json(what: Any) -> str:
    """An answer, or a part of one, as it went over the wire, for ``expected`` and ``seen``."""
    return json.dumps(what, ensure_ascii=False)


@dataclass(frozen=True)
class Check:
    """A sentence of behaviour, and what to tell of it when it is not so.

    ``title`` is the sentence (``the bridge is up``), ``wrong`` what is wrong in a sentence of its own (``The bridge is
    down``; without it ``Not so: the bridge is up``). ``why`` says why Docker or the kernel cares, ``docker`` what
    Docker would tell its user, word for word, if it is known beforehand. ``route`` is the call to look at (snake case),
    ``hint`` the number of the hint that helps.
    """

    title: str
    why: str
    route: str
    hint: int | None = None
    wrong: str | None = None
    docker: str | None = None


@dataclass(frozen=True)
class Scenario:
    """One variant of what Docker may ask. ``checks`` are the keys that it decides, in order."""

    title: str
    checks: tuple[str, ...]
    play: Callable[[Run], None]
    part: str | None = None


def scenario(
    title: str, *, checks: Sequence[str], part: str | None = None
) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Make a function a scenario: it is given a ``Run`` and decides the checks of these keys, in this order.

    In an exercise of several parts, ``part`` is the one that it is for; without it, it is for all.
    """

    def mark(play: Callable[[Run], None]) -> Callable[[Run], None]:
        play.scenario = Scenario(title, tuple(checks), play, part)  # type: ignore[attr-defined]
        return play

    return mark


@dataclass(frozen=True)
class Failed:
    """A check that failed, with what was really there."""

    key: str
    expected: str
    seen: str
    docker: str | None = None
    missing: tuple[dict[str, Any], ...] = ()
    left_over: tuple[dict[str, Any], ...] = ()
    line: int | None = None


class CheckFailed(Exception):
    """Ends a scenario; ``failed`` says why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.key)
        self.failed = failed


@dataclass(frozen=True)
class Call:
    """One call of Docker's to the plugin during a scenario. ``error`` is the answer's ``Err``, or ``None``."""

    route: str
    request: dict[str, Any]
    answer: dict[str, Any]
    error: str | None
    duration_ms: float


@dataclass
class Run(Across, Doors, Outside, Partly, Pinging):
    """One scenario on one host. ``second`` is the same for the second host, if there is one.

    ``docker`` is Docker's side (see ``workshop/course/docker.py``), ``look()`` the kernel's. ``engine`` is which Docker
    it is: ``"28.5"``, ``"docker"``.
    """

    station: Station
    checks: tuple[str, ...]
    engine: str
    second: Run | None = None
    passed: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """What is not judged on this machine, and why."""

    _since: int = 0
    _forgiven: list[Any] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)
    _wires: dict[str, traffic.Wire] = field(default_factory=dict)

    @property
    def docker(self) -> Docker:
        return self.station.docker

    @property
    def host(self) -> str:
        """The name of this host."""
        return self.station.name

    def host_address(self, version: int = 4) -> str:
        """The host's own address in the lab; of ``run.second.host_address()``, the second host's."""
        return self.station.address if version == 4 else self.station.address6

    @property
    def volumes(self) -> Path:
        """The folder that the learner's handler knows as ``host.volumes``."""
        return self.station.volumes

    # -- deciding

    def check(
        self,
        key: str,
        good: object,
        *,
        expected: str = "",
        seen: str = "",
        docker: str | None = None,
        missing: Iterable[Link | dict[str, Any]] = (),
        left_over: Iterable[Link | dict[str, Any]] = (),
        line: int | None = None,
    ) -> None:
        """Decide a check; one that is not ``good`` ends the scenario.

        ``expected`` and ``seen`` are the real values in a few words. ``docker`` is what Docker said, if it said
        something. ``missing`` and ``left_over`` are links that should be there and are not, and the other way round.
        A check may be decided several times: it passes if it is good each time.
        """
        if key not in self.checks:
            raise AssertionError(f"the check {key!r} is not in the scenario's `checks`")
        if not good:
            marks = tuple(self._mark(each) for each in missing), tuple(self._mark(each) for each in left_over)
            raise CheckFailed(Failed(key, expected, seen, docker, *marks, line))
        if key not in self.passed:
            self.passed.append(key)

    def refused(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> str | None:
        """Call something that Docker should refuse: what Docker said, or ``None`` if it was not refused.

        A raw call (``run.docker.call``) counts as refused if its answer has ``Err``. That the handler raised some other
        exception than PluginError meanwhile is no fault then.
        """
        before = len(self.station.faults())
        try:
            answer = function(*arguments, **keywords)
        except DockerError as error:
            said: str | None = str(error)
        else:
            said = str(answer["Err"]) if isinstance(answer, dict) and answer.get("Err") else None
        if said is not None:
            self._forgiven += [each for each in self.station.faults()[before:] if each.kind == "raised"]
        return said

    # -- looking

    def look(self) -> View:
        """The kernel of this host at this moment."""
        return View(self.station.eyes)

    def inside(self, container: Container) -> View:
        """The kernel of a container's namespace at this moment. Raises OSError if it does not run."""
        namespace = self.docker.namespace(container)
        self._open.callback(namespace.close)
        return View(self._open.enter_context(Eyes(namespace)))

    def told(self, links: Link | Iterable[Link]) -> str:
        """Links in a few words, for ``seen``: ``br0 (bridge, up, 10.9.0.1/24)``; ``none`` if there are none."""
        return told(links)

    def calls(self, route: str | None = None) -> list[Call]:
        """The calls of one route (snake case), or of all, that the plugin got in this scenario, oldest first."""
        started: dict[int, dict[str, Any]] = {}
        found = []
        for event in self.station.journal.since(self._since):
            if event.call is None or event.data.get("host") not in (None, self.host):
                continue
            if event.kind == "call.started" and event.data["name"] and route in (None, event.data["name"]):
                started[event.call] = event.data
            elif event.kind == "call.finished" and event.call in started:
                asked, done = started[event.call], event.data
                request = asked.get("request") or {}
                found.append(Call(asked["name"], request, done["answer"], done["error"], done["duration_ms"]))
        return found

    # -- the plugin

    def restart_plugin(self) -> None:
        """As when the plugin is started anew: the handler's variables are gone, what the plugin remembers stays."""
        self.station.journal.append("docker", {"did": "The plugin was started anew."})
        if self.station.learner is not None:
            self.station.learner.restart()

    # -- traffic

    def send(self, link: str, number: int, source: Container | None = None) -> None:
        """Send frames out of a link, of a container or of this host, that nobody takes and nobody answers."""
        wire = self.station.wire
        if source is not None:
            if source.id not in self._wires:
                namespace = self.docker.namespace(source)
                self._open.callback(namespace.close)
                self._wires[source.id] = self._open.enter_context(closing(traffic.Wire(namespace)))
            wire = self._wires[source.id]
        wire.send(link, traffic.frame(b"docker-network-workshop"), number)

    def nodes(self, *addresses: str) -> Nodes:
        """Other nodes of a cluster, with these addresses, until the scenario ends."""
        station = self.station
        return self._open.enter_context(closing(Nodes(station.outside, station.namespace, station.wire, addresses)))

    def _mark(self, link: Link | dict[str, Any]) -> dict[str, Any]:
        marked = link.as_dict() if isinstance(link, Link) else dict(link)
        return {"name": None, "kind": None, "master": None, **marked, "host": marked.get("host") or self.host}

    # -- the judge's own

    def begin(self) -> None:
        """The scenario begins now."""
        self._since = self.station.journal.last
        if self.second is not None:
            self.second.begin()

    def forgiven(self) -> list[Any]:
        """The faults that a refused call made, which are none."""
        return self._forgiven + (self.second._forgiven if self.second else [])

    def close(self) -> None:
        """Let go of the containers' namespaces that were looked into."""
        self._open.close()
        if self.second is not None:
            self.second.close()
