"""Handlers of learners, tried out in a lab: what came of it, how long it took, and what was left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.shell import until
from workshop.course.learner.faults import Fault
from workshop.course.learner.process import Learner
from workshop.course.learner.zygote import Zygote
from workshop.course.verdict import Finding
from workshop.errors import PluginError
from workshop.kernel.namespaces import Namespace

HOSTILE = Path(__file__).with_name("hostile")
GOOD = HOSTILE / "well_behaved.py"
ROUTE = "create_network"
REQUEST = {"NetworkID": "cafe", "IPv4Data": [{"Pool": "10.9.0.0/24"}]}
HOST = SimpleNamespace(name="alpha", networks={}, endpoints={})


@dataclass
class Told:
    """Takes the place of a journal: what was told, in order."""

    events: list[tuple[str, dict[str, Any], int | None]] = field(default_factory=list)

    def __call__(self, kind: str, data: dict[str, Any], call: int | None) -> None:
        self.events.append((kind, data, call))

    def lines(self, *streams: str) -> list[str]:
        """The lines of output, of these streams or of all."""
        return [data["text"] for kind, data, _ in self.events if kind == "output" and data["stream"] in streams]

    def commands(self) -> list[tuple[str, str, str | None]]:
        """The tool, the command and the error of each change."""
        return [(data["tool"], data["command"], data["error"]) for kind, data, _ in self.events if kind == "kernel"]


@dataclass
class Outcome:
    """What came of one call: its ``answer``, or the ``error`` for Docker.

    ``after`` is what a call of a good handler gave, loaded next. ``left`` are processes, descriptors, threads and
    mounts in the lab that were not there before.
    """

    problem: Finding | None
    answer: dict[str, Any] | None
    error: str | None
    faults: list[Fault]
    seconds: float
    told: Told
    after: dict[str, Any] | None
    left: list[str]


@contextmanager
def learner(seconds: float = 5.0, told: Told | None = None) -> Iterator[Learner]:
    """A learner's process to be, in a namespace of its own. Only in a lab."""
    namespace = Namespace.create()
    try:
        with Zygote.start() as zygote, Learner(zygote, namespace, told or Told(), host="alpha", seconds=seconds) as one:
            yield one
    finally:
        namespace.close()


def call(one: Learner, route: str = ROUTE, **request: Any) -> tuple[dict[str, Any] | None, str | None]:
    """The answer, or the error for Docker."""
    try:
        return one.handler(route)({**REQUEST, **request}, HOST), None
    except PluginError as error:
        return None, str(error)


def attempt(path: Path, routes: tuple[str, ...] = (ROUTE,), seconds: float = 5.0) -> Outcome:
    """Load a file and call ``create_network``, then do the same with a good one. Only in a lab."""
    told, before = Told(), _picture()
    answer = error = after = None
    with learner(seconds, told) as one:
        began = time.monotonic()
        problem = one.load(path, routes).problem
        if problem is None:
            began = time.monotonic()
            answer, error = call(one)
        took, faults = time.monotonic() - began, one.faults
        heard = Told(list(told.events))
        if one.load(GOOD, [ROUTE]).problem is None:
            after, _ = call(one)
    until(lambda: _picture() == before, 5)
    left = [f"{what}: {more}" for what, now in _picture().items() for more in sorted(now - before[what])]
    return Outcome(problem, answer, error, faults, took, heard, after, left)


def _picture() -> dict[str, set[str]]:
    return {
        "processes": {path.name for path in Path("/proc").iterdir() if path.name.isdigit()},
        "descriptors": {f"{path.name} {_target(path)}" for path in Path("/proc/self/fd").iterdir() if _target(path)},
        "threads": {thread.name for thread in threading.enumerate()},
        "mounts": set(Path("/proc/self/mounts").read_text().splitlines()),
    }


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # it was that of the folder itself
        return ""
