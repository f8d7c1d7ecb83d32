"""The journal folded into what the page shows: calls, names, the lines between the calls, and the last verdict.

`static/js/story.js` does the same in the browser, event by event; both must agree on the shape.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from workshop.journal import Event
from workshop.journal.calls import Calls, State

KEPT_CALLS = 500
KEPT_LINES = 500
KEPT_NAMES = 5_000
KEPT_WALKS = 5
"""How many of the newest are kept: calls, lines between calls, names of each kind, packets that were followed."""

TABLES = ("networks", "endpoints", "containers")
"""The tables of names that ``docker`` events fill."""


class Story:
    """What has happened so far. One thread applies events, any thread takes snapshots.

    It begins after event ``start``. A call that began at or before event ``before`` and has no answer is told
    as ``lost``: the process that was to answer it is gone.
    """

    def __init__(self, start: int = 0, before: int = 0) -> None:
        self._lock = threading.Lock()
        self._calls = Calls(keep=KEPT_CALLS)
        self._from_before: set[int] = set()
        self._streams: dict[int, list[str]] = {}
        self._lines: list[dict[str, Any]] = []
        self._names: dict[str, dict[str, Any]] = {table: {} for table in TABLES}
        self._lesson: dict[str, Any] = dict(NOTHING_JUDGED)
        self._walks: list[dict[str, Any]] = []
        self._seq, self._before = start, before

    @property
    def seq(self) -> int:
        """The number of the newest event that is in the story."""
        return self._seq

    @property
    def judging(self) -> bool:
        """Whether a learner's code is being judged."""
        return bool(self._lesson["judging"])

    def apply(self, events: Iterable[Event]) -> None:
        """Add events, in the order of their numbers; those that are in already are passed over."""
        with self._lock:
            for event in events:
                if event.seq > self._seq:
                    self._add(event)
                    self._seq = event.seq

    def snapshot(self) -> dict[str, Any]:
        """``{"seq", "calls", "lines", "names", "lesson", "walks"}``.

        A call is ``Call.as_dict()``, its ``state`` may also be ``"lost"``, and ``streams`` says of each line of its
        ``output`` where it came from (``stdout``, ``stderr``, ``traceback``); a line is what ``line_of`` gives;
        names are those of the ``docker`` events, by table and ID; the lesson is what ``judged`` makes of the
        ``verdict`` events, and the walks are the last ``walk`` events' data.
        """
        with self._lock:
            return {
                "seq": self._seq,
                "calls": [self._told(call.as_dict()) for call in self._calls],
                "lines": list(self._lines),
                "names": {table: dict(rows) for table, rows in self._names.items()},
                "lesson": self._lesson,
                "walks": list(self._walks),
            }

    def _told(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["state"] == State.RUNNING and call["number"] in self._from_before:
            call["state"], call["held"] = "lost", None
        return {**call, "streams": list(self._streams.get(call["number"], ()))}

    def _add(self, event: Event) -> None:
        call = self._calls.take(event)
        if event.kind == "output" and call is not None:
            self._streams.setdefault(call.number, []).append(str(event.data.get("stream") or "stdout"))
            for number in [number for number in self._streams if self._calls.get(number) is None]:
                del self._streams[number]
        if event.kind == "call.started" and event.call is not None and event.seq <= self._before:
            self._from_before.add(event.call)
        elif event.kind == "call.finished":
            self._from_before.discard(event.call or 0)
        elif event.kind == "docker":
            for table in TABLES:
                _learn(self._names[table], event.data.get(table) or {})
        elif event.kind == "verdict":
            # who was judging then is gone, and so is what would have come of it
            is_late = event.seq <= self._before and event.data.get("judging")
            self._lesson = self._lesson if is_late else judged(self._lesson, event.data)
        elif event.kind == "walk":
            self._walks = [*self._walks, event.data][-KEPT_WALKS:]
        line = line_of(event)
        if line is not None:
            self._lines.append(line)
            del self._lines[:-KEPT_LINES]


NOTHING_JUDGED = {"exercise": None, "judging": False, "attempt": 0, "verdict": None}
"""The lesson before the first ``verdict`` event: which exercise, whether it is being judged, the last verdict."""


def judged(lesson: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The lesson after a ``verdict`` event. Another exercise begins without a verdict."""
    known = (
        lesson if lesson["exercise"] == data.get("exercise") else {**NOTHING_JUDGED, "exercise": data.get("exercise")}
    )
    if data.get("opened"):
        return {**NOTHING_JUDGED, "exercise": data.get("exercise")}
    attempt = data.get("attempt") or known["attempt"]
    if data.get("judging"):
        return {**known, "judging": True, "attempt": attempt}
    if "passed" in data:
        return {**known, "judging": False, "attempt": attempt, "verdict": data}
    return known


def line_of(event: Event) -> dict[str, Any] | None:
    """The line between calls that an event is worth (``{"seq", "at", "level", "text"}``), or ``None``."""
    data = event.data
    if event.kind == "notice":
        level, text = data.get("level", "info"), data.get("text", "")
    elif event.kind == "docker" and data.get("did"):
        level, text = "did", data["did"]
    elif event.kind == "output" and event.call is None:
        level, text = "output", data.get("text", "")
    elif event.kind == "walk":
        level, text = "walk", data.get("summary", "")
    elif event.kind == "verdict" and data.get("judging"):
        level, text = "attempt", f"Attempt {data.get('attempt')}"
    else:
        return None
    return {"seq": event.seq, "at": event.at, "level": level, "text": text}


def for_browser(event: Event) -> dict[str, Any]:
    """The event as browsers get it: a whole graph is left out, since the picture brings it."""
    told = event.as_dict()
    if event.kind == "topology" and "graph" in event.data:
        told["data"] = {key: value for key, value in event.data.items() if key != "graph"}
    return told


def _learn(rows: dict[str, Any], news: dict[str, Any]) -> None:
    for key, value in news.items():
        if value is not None:  # the name of what is gone still reads better than its ID
            rows.pop(key, None)
            rows[key] = value
    for key in list(rows)[: max(0, len(rows) - KEPT_NAMES)]:
        del rows[key]
