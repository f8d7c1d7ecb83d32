"""The terminal log: every call as one block, told from the journal's events as they come."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, TextIO

from workshop.errors import UsageError
from workshop.journal.calls import Call, Calls, Command, Names, State
from workshop.journal.event import Event
from workshop.journal.text import (
    LEVELS,
    block,
    clock,
    command_line,
    harmless,
    heading,
    pretty,
    rendered,
    took,
    use_color,
)

if TYPE_CHECKING:
    from rich.text import Text

FORMATS = ("text", "json")
IMPORTANCE = ("info", "warning", "error")
"""How much an event matters, the least first. A call that failed is a warning."""


class TerminalLog:
    """Writes events to a stream. Call it with each event; safe from any thread.

    ``format`` is ``text`` (for reading: a finished call is one block, whatever ran beside it) or ``json``
    (each event one line, in full). ``color`` is yes, no, or ``None``: as the stream and NO_COLOR say. What matters less
    than ``level`` is left out, and then only what has finished is told. Otherwise a call
    that has not finished after ``early`` seconds is announced. A stream that was closed ends the log, not
    the program.

    :raises UsageError: for a format that there is not.
    """

    def __init__(
        self,
        stream: TextIO,
        format: str = "text",
        color: bool | None = None,
        early: float = 1.0,
        level: str = IMPORTANCE[0],
    ) -> None:
        if format not in FORMATS:
            raise UsageError(f"There is no log format {format!r}.", f"Use one of: {', '.join(FORMATS)}.")
        self._stream, self._format, self._early = stream, format, early
        self._least = IMPORTANCE.index(level)
        self._color = use_color(stream) if color is None else color
        self._calls, self._names = Calls(keep=1_000), Names()
        self._due: dict[int, float] = {}
        self._lock = threading.Condition()
        self._watcher: threading.Thread | None = None
        self._closed = False

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._closed:
                return
            matters = importance(event) >= self._least
            if self._format == "json":
                if matters:
                    self._put(json.dumps(event.as_dict(), separators=(",", ":")) + "\n")
                return
            self._names.take(event)
            call = self._calls.take(event)
            text = self._tell(event, call)
            if text is not None and matters:
                self._write(text)

    def close(self) -> None:
        """Write nothing more. The stream stays open: it is its owner's."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()

    def _tell(self, event: Event, call: Call | None) -> Text | None:
        """What is to be shown now that this event came, if anything."""
        if event.kind == "call.started" and call is not None:
            self._expect(call.number)
            return None
        if event.kind == "call.finished" and call is not None:
            self._due.pop(call.number, None)
            return block(call, self._names)
        if event.kind in ("kernel", "output") and call is not None and call.state is State.RUNNING:
            return None  # in the call's block, once it has finished
        tell = _TELL.get(event.kind)
        return tell(event) if tell else None

    def _expect(self, number: int) -> None:
        if self._least:
            return
        self._due[number] = time.monotonic() + self._early
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="terminal-log", daemon=True)
            self._watcher.start()
        elif len(self._due) == 1:
            self._lock.notify_all()

    def _watch(self) -> None:
        """Announce calls that take long, in a thread of its own; sleeps while nothing runs."""
        with self._lock:
            while not self._closed:
                now = time.monotonic()
                for number in [number for number, due in self._due.items() if due <= now]:
                    del self._due[number]
                    call = self._calls.get(number)
                    if call is not None:
                        self._write(heading(call, self._names))
                self._lock.wait(min(self._due.values()) - now if self._due else None)

    def _write(self, text: Text) -> None:
        self._put(rendered(text, self._stream, self._color))

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads any more
            self._closed = True


def importance(event: Event) -> int:
    """How much an event matters, as a place in ``IMPORTANCE``."""
    if event.kind == "notice" and event.data.get("level") in IMPORTANCE:
        return IMPORTANCE.index(event.data["level"])
    return int(bool(event.data.get("error")))


def _lead(event: Event) -> Text:
    from rich.text import Text

    line = Text().append(f"{clock(event.at)} ", "dim")
    return line.append(f"#{event.call} ", "bold") if event.call is not None else line


def _notice(event: Event) -> Text:
    level = str(event.data.get("level") or "info")
    line = _lead(event).append(f"{harmless(level)}: ", LEVELS.get(level, "bold"))
    line.append(harmless(str(event.data.get("text") or "")))
    if event.data.get("host"):
        line.append("  host ", "dim").append(harmless(str(event.data["host"])), "magenta")
    return line


def _docker(event: Event) -> Text | None:
    did = event.data.get("did")
    return _lead(event).append("Docker: ", "cyan").append(harmless(str(did))) if did else None


def _kernel(event: Event) -> Text:
    data = event.data
    command = Command(event.at, None, "", str(data.get("command") or ""), data.get("error"), data.get("duration_ms"))
    return _lead(event).append("kernel\n", "dim").append(command_line(command))


def _output(event: Event) -> Text:
    lines = str(event.data.get("text") or "").splitlines() or [""]
    text = _lead(event).append("printed ", "dim").append(harmless(lines[0]))
    for line in lines[1:]:
        text.append("\n    " + harmless(line))
    return text


def _walk(event: Event) -> Text:
    return _lead(event).append("walk ", "cyan").append(harmless(str(event.data.get("summary") or "")))


def _held(event: Event) -> Text:
    data, line = event.data, _lead(event)
    if data.get("state") == "held":
        where = "before its answer is sent" if data.get("where") == "answer" else "before its handler"
        return line.append(f"held {where}", "bold yellow")
    line.append(f"goes on after {took(data.get('held_ms'))}: ", "yellow").append(harmless(str(data.get("why"))))
    return line.append(f", with fault {harmless(str(data['fault']))}", "yellow") if data.get("fault") else line


def _other(event: Event) -> Text:
    shown: dict[str, Any] = event.data
    return _lead(event).append(f"{event.kind} ", "bold").append(pretty(shown))


_TELL = {
    "notice": _notice,
    "walk": _walk,
    "docker": _docker,
    "kernel": _kernel,
    "output": _output,
    "call.held": _held,
    "verdict": _other,
}
