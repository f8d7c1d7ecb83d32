"""The calls that slides show: recorded from real engines, and looked up by recording and route.

There are two kinds of files beside the slides. ``recordings/*.jsonl`` are whole sessions, one event on each line.
``calls.json`` has single calls, from recordings that are too long to ship, with IDs replaced by ``<id1>``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError
from workshop.journal import recording
from workshop.journal.calls import Calls

SINGLE = "calls.json"

_ENGINE = re.compile(r"Docker Engine (\d+\.\d+)")


@dataclass(frozen=True)
class Recorded:
    """One call as it was. ``engine`` is whose, ``command`` what somebody had typed (or empty), ``told`` what the
    kernel was told during it.
    """

    route: str
    request: dict[str, Any] | None
    answer: dict[str, Any] | None
    engine: str
    command: str = ""
    told: tuple[str, ...] = field(default=())


class Recordings:
    """All recordings in a folder, read when one is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, list[Recorded]] = {}

    @property
    def names(self) -> list[str]:
        """The recordings that there are."""
        sessions = [path.stem for path in sorted((self._folder / "recordings").glob("*.jsonl"))]
        return [*sessions, *self._singles()]

    def find(self, name: str, route: str, number: int = 1) -> Recorded:
        """The first call to ``route`` in the recording ``name``, or a later one.

        :raises WorkshopError: if there is none.
        """
        found = [call for call in self._of(name) if call.route == route]
        if len(found) < number:
            raise WorkshopError(
                f"the recording {name} has {len(found) or 'no'} call{'s' if len(found) > 1 else ''} to {route}",
                "See docs/slides.md for what there is.",
            )
        return found[number - 1]

    def _of(self, name: str) -> list[Recorded]:
        if name not in self._read:
            path = self._folder / "recordings" / f"{name}.jsonl"
            singles = self._singles()
            if name not in singles and not path.is_file():
                raise WorkshopError(f"there is no recording {name}", f"There is {', '.join(self.names) or 'none'}.")
            self._read[name] = singles[name] if name in singles else session(path)
        return self._read[name]

    def _singles(self) -> dict[str, list[Recorded]]:
        try:
            rows = json.loads((self._folder / SINGLE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        found: dict[str, list[Recorded]] = {}
        for row in rows:
            call = Recorded(row["route"], row["request"], row["answer"], row["engine"], row["command"])
            found.setdefault(row["from"], []).append(call)
        return found


def session(path: Path) -> list[Recorded]:
    """The calls of a recorded session, each with what somebody had typed last before it."""
    engine, typed = "", ""
    before: dict[int, str] = {}
    calls = Calls()
    for event in recording.read(path):
        said = str(event.data.get("did") or "") if event.kind == "docker" else ""
        if found := _ENGINE.search(said):
            engine = engine or found[1]
        elif said:
            typed = said
        if event.kind == "call.started" and event.call is not None:
            before[event.call] = typed
        calls.take(event)
    return [
        Recorded(
            call.route,
            call.request,
            call.answer,
            engine,
            before.get(call.number, ""),
            tuple(command.command for command in call.commands if not command.error),
        )
        for call in calls
    ]
