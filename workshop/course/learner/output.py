"""What the learner's code prints: cut into lines, kept within bounds, told at the call during which it came."""

from __future__ import annotations

import threading
from collections.abc import Callable

PER_CALL, PER_LOAD = 64 << 10, 1 << 20
"""Bytes that are told of one call, and of all calls until the file is loaded anew."""

LINES = 1_000
"""Lines that are told of one call."""

Line = Callable[[str, str], None]


class Output:
    """Takes bytes and gives lines: ``tell(stream, line)``. Safe from any thread."""

    def __init__(self, tell: Line) -> None:
        self._tell = tell
        self._lock = threading.RLock()
        self._begun: dict[str, bytearray] = {}
        self._left = PER_LOAD
        self._begin()

    def turn(self) -> None:
        """A call begins or ends: tell what is a line now, even without its end, and what was cut."""
        with self._lock:
            for stream, begun in self._begun.items():
                if begun:
                    self._line(stream, bytes(begun))
            for stream, count in self._cut.items():
                self._tell(stream, f"… {count:,} more bytes were cut")
            self._begun.clear()
            self._begin()

    def feed(self, stream: str, data: bytes) -> None:
        """Take what came on a stream."""
        with self._lock:
            allowed = min(self._call_left, self._left)
            kept = data[:allowed]
            self._call_left -= len(kept)
            self._left -= len(kept)
            begun = self._begun.setdefault(stream, bytearray())
            begun += kept
            *whole, rest = begun.split(b"\n")
            for number, line in enumerate(whole):
                if self._lines == 0:
                    kept_back = sum(len(each) + 1 for each in whole[number:]) + len(rest)
                    self._cut[stream] = self._cut.get(stream, 0) + kept_back
                    self._call_left, rest = 0, bytearray()
                    break
                self._lines -= 1
                self._line(stream, bytes(line))
            self._begun[stream] = bytearray(rest)
            if len(data) > len(kept):
                self._cut[stream] = self._cut.get(stream, 0) + len(data) - len(kept)

    def _begin(self) -> None:
        self._call_left, self._lines = PER_CALL, LINES
        self._cut: dict[str, int] = {}

    def _line(self, stream: str, line: bytes) -> None:
        self._tell(stream, line.decode("utf-8", "replace").removesuffix("\r"))
