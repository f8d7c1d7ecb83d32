"""The journal on disk: one SQLite file, written by one process, read by any number.

The newest events are also kept in memory, so that a live reader does not touch the disk.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError
from workshop.journal.event import KINDS, Event

_TABLE = """
create table if not exists events (
    seq integer primary key, at real not null, kind text not null, call integer, data text not null
);
create index if not exists events_by_call on events (call) where call is not null;
"""


def _as_text(data: dict[str, Any]) -> str:
    """The data as JSON that everyone can read: numbers it has not become text, half characters ``?``."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    if "NaN" in text or "Infinity" in text:
        strict = json.loads(text, parse_constant=str)
        text = json.dumps(strict, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def _event(row: tuple[int, float, str, int | None, str]) -> Event:
    return Event(row[0], row[1], row[2], row[3], json.loads(row[4]))


class Journal:
    """The stream of events of one plugin process. Safe to use from any thread.

    ``keep`` is how many of the newest events stay on disk, ``tail`` how many of those also in memory.
    Numbers go on where the file ended, so a restart does not count anew.
    """

    def __init__(self, path: Path, *, keep: int = 100_000, tail: int = 5_000, clock: Callable[[], float] = time.time):
        self.path = path
        self._keep, self._clock = keep, clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = off")
            self._db.executescript(_TABLE)
        except sqlite3.DatabaseError as error:
            raise WorkshopError(f"{path} is not a journal ({error}).", "Move it away and start again.") from None
        self._tail: deque[Event] = deque(maxlen=tail)
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._waited_for: dict[str, threading.Condition] = {}
        self._closed = False
        self.problem = ""
        newest = self._db.execute("select * from events order by seq desc limit ?", (tail,)).fetchall()
        self._tail.extend(_event(row) for row in reversed(newest))
        self._last_of = {event.kind: event.seq for event in self._tail}
        self._last = self._tail[-1].seq if self._tail else 0
        self._calls = self._db.execute("select coalesce(max(call), 0) from events").fetchone()[0]

    def append(self, kind: str, data: dict[str, Any], call: int | None = None) -> Event:
        """Write one event and wake those who wait for it. ``data`` must be a JSON object."""
        if kind not in KINDS:
            raise ValueError(f"no such kind of event: {kind}")
        text = _as_text(data)
        data = json.loads(text)  # the event keeps what was true now, whatever the caller changes later
        with self._lock:
            event = Event(self._last + 1, self._clock(), kind, call, data)
            if not self._closed and not self.problem:
                self._write(event, text)
            self._last = event.seq
            self._last_of[kind] = event.seq
            self._tail.append(event)
            self._changed.notify_all()
            if kind in self._waited_for:
                self._waited_for[kind].notify_all()
        return event

    def _write(self, event: Event, text: str) -> None:
        """To disk. Where that fails, as on a full one, it goes on in memory: the plugin has to answer."""
        try:
            row = (event.seq, event.at, event.kind, event.call, text)
            self._db.execute("insert into events values (?, ?, ?, ?, ?)", row)
            if event.seq % 1_000 == 0:
                self._db.execute("delete from events where seq <= ?", (event.seq - self._keep,))
        except sqlite3.Error as error:
            self.problem = (
                f"The journal is no longer kept on disk ({error}): free some space at {self.path} and restart."
            )

    def next_call(self) -> int:
        """A number for a new call, one more than the last."""
        with self._lock:
            self._calls += 1
            return self._calls

    @property
    def last(self) -> int:
        """The number of the newest event, 0 if there is none."""
        return self._last

    @property
    def first(self) -> int:
        """The number of the oldest event that is still kept."""
        with self._lock:
            return self._db.execute("select coalesce(min(seq), 1) from events").fetchone()[0]

    def since(self, seq: int, limit: int | None = None) -> list[Event]:
        """The events after number ``seq``, oldest first, at most ``limit``."""
        with self._lock:
            if self._tail and self._tail[0].seq <= seq + 1:
                skip = max(0, seq + 1 - self._tail[0].seq)
                found = [self._tail[i] for i in range(skip, len(self._tail))]
                return found[:limit]
            if self._closed:
                return list(self._tail)[:limit]  # what is only on disk is out of reach now
            rows = self._db.execute(
                "select * from events where seq > ? order by seq limit ?",
                (seq, -1 if limit is None else limit),
            ).fetchall()
        return [_event(row) for row in rows]

    def of_call(self, call: int) -> list[Event]:
        """All events of one call, oldest first."""
        with self._lock:
            rows = self._db.execute("select * from events where call = ? order by seq", (call,)).fetchall()
        return [_event(row) for row in rows]

    def wait(self, seq: int, timeout: float, kind: str | None = None) -> bool:
        """Wait at most ``timeout`` seconds for an event after ``seq`` (of that ``kind``); say whether there is one."""

        def is_there() -> bool:
            return (self._last if kind is None else self._last_of.get(kind, 0)) > seq

        with self._lock:
            comes = self._changed
            if kind is not None:  # other events do not wake who waits for it
                comes = self._waited_for.setdefault(kind, threading.Condition(self._lock))
            return comes.wait_for(lambda: is_there() or self._closed, timeout) and is_there()

    def follow(self, reader: Callable[[Event], None], name: str, since: int | None = None) -> threading.Thread:
        """Give each event after ``since`` (default: those to come) to ``reader``, in its own thread."""
        start = self._last if since is None else since

        def run() -> None:
            seen = start
            while not self._closed or self._last > seen:
                self.wait(seen, 1.0)
                for event in self.since(seen, 500):
                    reader(event)
                    seen = event.seq

        thread = threading.Thread(target=run, name=f"journal-{name}", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Stop writing to disk and let the followers end."""
        with self._lock:
            self._closed = True
            for comes in (self._changed, *self._waited_for.values()):
                comes.notify_all()
            self._db.close()


class JournalReader:
    """Reads the journal of another process: what ``workshop calls`` does.

    :raises WorkshopError: if there is no journal at ``path``.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise WorkshopError(f"There is no journal at {path}.", "Start `python -m workshop serve` or `demo` first.")
        self._path = path
        try:
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        except sqlite3.Error as error:
            raise WorkshopError(f"{path} cannot be opened ({error}).", "Run as the user who made it.") from None

    def since(self, seq: int, limit: int | None = None) -> list[Event]:
        """The events after number ``seq``, oldest first, at most ``limit``."""
        try:
            rows = self._db.execute(
                "select * from events where seq > ? order by seq limit ?",
                (seq, -1 if limit is None else limit),
            ).fetchall()
        except sqlite3.DatabaseError as error:
            raise WorkshopError(f"{self._path} cannot be read as a journal ({error}).", "Name another.") from None
        return [_event(row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
