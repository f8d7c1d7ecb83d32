"""Which processes there are in the learner's PID namespace, seen from outside through its own ``/proc``."""

from __future__ import annotations

import os
import threading
import time

MOST = 64
"""Processes that the learner's code may have at once, its own included."""

GRACE = 0.2
"""Seconds in which programs that a call has started may end after its answer."""

_EXITING = 0x4
"""PF_EXITING, in the flags of /proc/PID/stat."""


class Population:
    """The processes of one PID namespace; the learner's is number 1.

    ``descriptor`` is its ``/proc``, or ``None`` where that cannot be had: then nothing is known. Safe from any thread.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()  # a descriptor's number must not be used once it is closed
        self.known = descriptor is not None

    def count(self) -> int:
        """How many there are; 0 if that is not known."""
        return len(self._numbers())

    def left_running(self) -> list[str]:
        """The command lines of those beside the first that still run after a moment."""
        deadline = time.monotonic() + GRACE
        while True:
            left = [found for number in self._numbers() if number != "1" and (found := self._command(number))]
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.005)

    def is_ending(self) -> bool:
        """Whether the first process has begun to end."""
        words = self._stat("1")
        return words is None or words[0] in (b"Z", b"X") or bool(int(words[6]) & _EXITING)

    def close(self) -> None:
        """Look no more."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _numbers(self) -> list[str]:
        with self._lock:
            if self._descriptor is None:
                return []
            try:
                return [name for name in os.listdir(self._descriptor) if name.isdigit()]  # noqa: PTH208 - no path
            except OSError:
                return []

    def _read(self, name: str) -> bytes | None:
        with self._lock:
            if self._descriptor is None:
                return None
            try:
                file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._descriptor)
            except OSError:
                return None
        try:
            return os.read(file, 4096)
        except OSError:
            return None
        finally:
            os.close(file)

    def _stat(self, number: str) -> list[bytes] | None:
        """The words of its stat that come after its name: the state is the first."""
        words = (self._read(f"{number}/stat") or b"").rpartition(b")")[2].split()
        return words or None

    def _command(self, number: str) -> str | None:
        """The command line; ``None`` if it has ended and only waits for its parent to notice."""
        stat = self._stat(number)
        if stat is None or stat[0] in (b"Z", b"X"):
            return None
        line = self._read(f"{number}/cmdline") or b""
        if line == self._read("1/cmdline"):
            return "a fork of itself"
        return line.replace(b"\0", b" ").decode(errors="replace").strip()[:100] or "a process"
