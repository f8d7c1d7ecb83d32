"""The journal folded into what the page shows: calls, names, the lines between the calls, and the last verdict.

`static/js/story.js` does the same in the browser, event by event; both must agree on the shape.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable
from typing import Any

from workshop.dashboard.kept import SUMMARY, Kept, told
from workshop.journal import Event
from workshop.journal.calls import Calls, Names

KEPT_CALLS = 10_000
WHOLE_CALLS = 200
KEPT_LINES = 5_000
KEPT_NAMES = 5_000
KEPT_WALKS = 5
"""How many of the newest are kept: calls, those of them with all that they have (of the others it is asked for when it
is wanted), lines between calls, names of each kind, packets that were followed."""

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
        self._kept: dict[int, Kept] = {}
        self._from_before: set[int] = set()
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
        """``{"seq", "calls", "older", "lines", "names", "lesson", "walks"}``.

        ``calls`` are the newest as ``told`` has them; ``older`` is ``{"columns", "rows"}``: the summary of each call
        before them, a list in the order of the columns. A line is what ``line_of`` gives; names are those of the
        ``docker`` events, by table and ID; the lesson is what ``judged`` makes of the ``verdict`` events,
        and the walks are the last ``walk`` events' data.
        """
        told, rows = self._snapshot()
        return {**told, "older": {"columns": SUMMARY, "rows": [json.loads(row) for row in rows]}}

    def as_json(self, **more: Any) -> str:
        """The snapshot, and ``more`` fields, as JSON. The summaries have been written before: to write 10,000 at once
        would keep those waiting who are to answer Docker.
        """
        told, rows = self._snapshot()
        text = json.dumps({**more, **told}, separators=(",", ":"))
        return f'{text[:-1]},"older":{{"columns":{json.dumps(SUMMARY)},"rows":[{",".join(rows)}]}}}}'

    def _snapshot(self) -> tuple[dict[str, Any], list[str]]:
        """The snapshot without its summaries, and these as JSON texts."""
        with self._lock:
            kept = self._kept
            return {
                "seq": self._seq,
                "calls": [
                    told(call, kept[call.number], self._is_lost(call.number))
                    for call in self._calls
                    if not kept[call.number].row
                ],
                "lines": list(self._lines),
                "names": {table: dict(rows) for table, rows in self._names.items()},
                "lesson": self._lesson,
                "walks": list(self._walks),
            }, [each.row for each in kept.values() if each.row]

    def whole(self, events: Iterable[Event]) -> list[dict[str, Any]]:
        """The calls that these events tell of, with all that they have, as the snapshot has its newest."""
        calls, kept = Calls(keep=KEPT_CALLS), dict[int, Kept]()
        for event in events:
            call = calls.take(event)
            if call is not None:
                kept.setdefault(call.number, Kept()).learn(call, event)
        with self._lock:
            return [told(call, kept[call.number], self._is_lost(call.number)) for call in calls]

    def numbers(self) -> list[int]:
        """The numbers of all calls that are kept, oldest first."""
        with self._lock:
            return [call.number for call in self._calls]

    def names(self) -> Names:
        """The names that are known, for what is written about calls."""
        known = Names(keep=KEPT_NAMES)
        with self._lock:
            known.take(Event(self._seq, 0.0, "docker", None, self._names))
        return known

    def _is_lost(self, number: int) -> bool:
        return number in self._from_before

    def _keep(self, number: int) -> None:
        """A call is new: what is older than the newest few is kept by its summary."""
        self._kept[number] = Kept()
        if len(self._kept) > KEPT_CALLS:
            gone = next(iter(self._kept))
            del self._kept[gone]
            self._from_before.discard(gone)
        if len(self._kept) > WHOLE_CALLS:
            older = next(itertools.islice(reversed(self._kept), WHOLE_CALLS, None))
            call = self._calls.get(older)
            if call is not None:
                self._kept[older].shorten(call)

    def _add(self, event: Event) -> None:
        call = self._calls.take(event)
        if call is not None:
            if call.number not in self._kept:
                self._keep(call.number)
            self._kept[call.number].learn(call, event)
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
