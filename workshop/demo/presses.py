"""What was pressed to go on, wherever that was: one thread waits for it, any other presses."""

from __future__ import annotations

import contextlib
import os
import queue


class Presses:
    """Presses that wait to be taken, in order. Can be waited for with ``select``, beside other files."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, str | None]] = queue.SimpleQueue()
        self._reading, self._writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def fileno(self) -> int:
        """A descriptor that can be read as long as something was pressed and not taken."""
        return self._reading

    def put(self, number: int, chapter: str | None) -> None:
        """Press, at chapter ``number``: for a chapter by its name, or for the next one."""
        self._waiting.put((number, chapter))
        with contextlib.suppress(BlockingIOError):  # as many as a pipe holds are more than enough
            os.write(self._writing, b"!")

    def take(self, number: int) -> list[str | None]:
        """All that was pressed at chapter ``number``. What was pressed at another, nobody waits for any more."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._reading, 65536)
        found: list[str | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                at, chapter = self._waiting.get_nowait()
                found += [chapter] if at == number else []
        return found
