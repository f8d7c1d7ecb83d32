"""A recorded session: the journal's events as JSON lines, one event a line, plain or compressed by gzip.

Nothing here needs Linux: a recording is read wherever Python runs.
"""

from __future__ import annotations

import gzip
import json
import math
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from workshop.errors import WorkshopError
from workshop.journal.event import KINDS, Event

ENDINGS = (".jsonl", ".jsonl.gz")
"""How the names of recordings end."""

_GZIP = b"\x1f\x8b"
_REMEDY = "`python -m workshop export FILE` writes such a file of a session."


def write(events: Iterable[Event], path: Path) -> int:
    """Write the events to ``path``, compressed if its name ends in ``.gz``; says how many there were.

    :raises WorkshopError: if it cannot be written.
    """
    count = 0
    try:
        with path.open("wb") as raw, _packed(raw, path) as file:
            for event in events:
                file.write(event.as_json().encode("utf-8", "replace") + b"\n")
                count += 1
    except OSError as error:
        raise WorkshopError(f"{path} cannot be written ({error.strerror}).", "Name another file.") from None
    return count


def _packed(raw: IO[bytes], path: Path) -> AbstractContextManager[Any]:
    # without a name and a time in it, the same session gives the same file
    return gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else nullcontext(raw)


def read(path: Path) -> list[Event]:
    """All events of a recording, oldest first. They may begin with any number, as a journal forgets its oldest.

    :raises WorkshopError: if there is no such file, or it is no recording, with the line where it goes wrong.
    """
    events: list[Event] = []
    try:
        with path.open("rb") as raw:
            is_packed = raw.peek(2)[:2] == _GZIP  # type: ignore[attr-defined]
            lines: Iterator[bytes] = iter(gzip.GzipFile(fileobj=raw) if is_packed else raw)
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                event = _event(line, path, number)
                if events and event.seq != events[-1].seq + 1:
                    raise _broken(path, number, f"event {event.seq} comes after event {events[-1].seq}")
                events.append(event)
    except FileNotFoundError:
        raise WorkshopError(f"There is no file {path}.", "`python -m workshop replay` lists what ships.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _broken(path, len(events) + 1, "the compressed file ends or breaks there") from None
    except OSError as error:
        raise WorkshopError(f"{path} cannot be read ({error.strerror}).", "Name another file.") from None
    if not events:
        raise WorkshopError(f"{path} is no recorded session: there is no event in it.", _REMEDY)
    return events


def _event(line: bytes, path: Path, number: int) -> Event:
    if not line.endswith(b"\n") and not line.rstrip().endswith(b"}"):
        raise _broken(path, number, "it is cut off")
    try:
        told = json.loads(line, parse_constant=_finite, parse_float=_finite)
    except OverflowError:
        raise _broken(path, number, "it has a number that JSON has not") from None
    except (ValueError, RecursionError):
        raise _broken(path, number, "it is no JSON") from None
    wrong = _wrong(told)
    if wrong:
        raise _broken(path, number, wrong)
    return Event(told["seq"], float(told["at"]), told["kind"], told["call"], told["data"])


def _finite(word: str) -> float:
    """The number, unless it is none that a browser would read. Raises OverflowError."""
    value = float(word)
    if not math.isfinite(value):
        raise OverflowError(word)
    return value


def _wrong(told: Any) -> str:
    """What keeps an object from being an event; empty if nothing does."""
    if not isinstance(told, dict) or not {"seq", "at", "kind", "call", "data"} <= told.keys():
        return "it is no event with `seq`, `at`, `kind`, `call` and `data`"
    if not _is_number(told["seq"]) or told["seq"] < 1:
        return "`seq` must be a whole number from 1 on"
    if not isinstance(told["at"], (int, float)) or isinstance(told["at"], bool) or not 0 <= told["at"] < 1e11:
        return "`at` must be seconds since 1970"
    if told["kind"] not in KINDS:
        return f"there is no kind of event {str(told['kind'])[:40]!r}"
    if told["call"] is not None and not _is_number(told["call"]):
        return "`call` must be a number or null"
    return "" if isinstance(told["data"], dict) else "`data` must be an object"


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _broken(path: Path, number: int, why: str) -> WorkshopError:
    return WorkshopError(f"{path} is no recorded session: line {number}: {why}.", _REMEDY)


class Recorded:
    """A recorded session, read as a journal is; nothing more will come."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self._of_call: dict[int | None, list[Event]] = {}
        for event in events:
            self._of_call.setdefault(event.call, []).append(event)
        self.first, self.last = events[0].seq, events[-1].seq

    def since(self, seq: int, limit: int | None = None) -> list[Event]:
        """The events after number ``seq``, oldest first, at most ``limit``."""
        start = max(0, seq + 1 - self.first)
        return self._events[start : None if limit is None else start + limit]

    def of_call(self, call: int) -> list[Event]:
        """All events of one call, oldest first."""
        return list(self._of_call.get(call, ()))

    def wait(self, seq: int, timeout: float, kind: str | None = None) -> bool:
        """Whether there is an event after ``seq`` (of that ``kind``); if there is none, none will come."""
        is_there = any(kind in (None, event.kind) for event in self.since(seq))
        if not is_there:
            time.sleep(timeout)
        return is_there
