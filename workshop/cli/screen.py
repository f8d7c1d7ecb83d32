"""The terminal during an exercise: what is said goes up, the keys stay on the last line."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
import tty
from typing import IO, Any

from rich.console import RenderableType

from workshop.cli.verdict_text import rendered, width_of_terminal
from workshop.journal.text import use_color

_PLAIN = str.maketrans({"…": "...", "·": "-", "✓": "+", "✕": "x", "█": "#", "░": "-", "•": "*", "─": "-", "━": "-"})
_CLEAR = "\r\x1b[K"


class Screen:
    """Writes to a stream; on a terminal, ``status`` stays below what is said. Safe to use from any thread."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._color = use_color(self._stream)  # type: ignore[arg-type]
        self._lock = threading.Lock()
        self._status = ""
        self._shown = False
        try:
            self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        except ValueError:
            self._live = False

    def say(self, what: RenderableType | str) -> None:
        """Write something, and the status below it again. Plain text is never wrapped: it may have an address in it."""
        text = f"{what}\n" if isinstance(what, str) else rendered(what, width_of_terminal(), self._color)
        text = self._encodable(text)
        with self._lock:
            self._put((_CLEAR if self._shown else "") + text)
            self._shown = False
            self._draw()

    def status(self, text: str) -> None:
        """What stays on the last line, if this is a terminal."""
        with self._lock:
            self._status = text
            self._draw()

    def redraw(self) -> None:
        """Write the status again: the terminal has another size, or someone else wrote on it."""
        with self._lock:
            self._draw()

    def end(self) -> None:
        """Take the status away."""
        with self._lock:
            self._put(_CLEAR if self._shown else "")
            self._shown, self._status = False, ""

    def _draw(self) -> None:
        if self._live:
            text = fitting(self._encodable(self._status), max(1, width_of_terminal() - 1))
            dim = f"\x1b[2m{text}\x1b[0m" if self._color else text
            self._put(_CLEAR + dim)
            self._shown = True

    def _encodable(self, text: str) -> str:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            text.encode(encoding)
            return text
        except UnicodeEncodeError:
            return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody reads any more
            self._stream.write(text)
            self._stream.flush()


def fitting(text: str, width: int) -> str:
    """As many of a status's items as fit, parted by two spaces: the first ones, and the last, which is how to end."""
    items = text.split("  ")
    while len(items) > 1 and len("  ".join(items)) > width:
        del items[-2]
    return "  ".join(items)[:width]


TOGETHER = 0.2
"""Seconds: letters on a terminal that follow each other faster are those of one word."""

LONGEST = 60
"""Bytes after which no more of a word is waited for: somebody leans on a key."""


class Keys:
    """What is typed, in lower-case letters: on a terminal each key, unseen, else each line of input.

    On a terminal a word that is typed or pasted is one thing as well, so that its letters are not taken for keys.

    Use it in a ``with``. Input that has ended, or a terminal that belongs to another program, gives none.
    """

    def __init__(self, stream: IO[Any] | None = None, *, wanted: bool = True) -> None:
        self._before: list[Any] | None = None
        self._line = b""
        try:
            self._descriptor = (stream or sys.stdin).fileno()
            self._open, self._terminal = wanted, os.isatty(self._descriptor)
        except (OSError, ValueError, AttributeError):
            self._open, self._terminal, self._descriptor = False, False, -1

    @property
    def terminal(self) -> bool:
        """Whether somebody can press keys."""
        return self._open and self._terminal

    def __enter__(self) -> Keys:
        if self.terminal:
            for number in (signal.SIGTTIN, signal.SIGTTOU):  # put into the background, it goes on without keys
                signal.signal(number, signal.SIG_IGN)
            self._hear()
            signal.signal(signal.SIGCONT, lambda *_: self._hear())
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    def _hear(self) -> None:
        """Have each key at once and unseen; the terminal stays as it is otherwise, with Ctrl-C and Ctrl-Z."""
        with contextlib.suppress(termios.error):
            self._before = self._before or termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor, termios.TCSADRAIN)

    def pressed(self, seconds: float) -> list[str]:
        """Wait at most so long; the keys, words and lines that were typed."""
        if not self._open:
            time.sleep(seconds)
            return []
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        if not ready:
            return []
        try:
            data = os.read(self._descriptor, 4096)
            while self._terminal and 0 < len(data) < LONGEST and select.select([self._descriptor], [], [], TOGETHER)[0]:
                data += (more := os.read(self._descriptor, 4096))
                if not more:
                    break
        except OSError:  # a terminal that belongs to another program now
            time.sleep(seconds)
            return []
        if not data:
            self._open = False
            return []
        if self._terminal:
            return [] if data.startswith(b"\x1b") else _typed(data.decode("utf-8", "replace").lower())
        *lines, self._line = (self._line + data).split(b"\n")
        words = [line.strip().decode("utf-8", "replace").lower() for line in lines]
        return [word for word in words if word]


def _typed(text: str) -> list[str]:
    """What was typed without a pause: a key, even if several times, or words. Ctrl-D is ``q``."""
    words = text.replace("\x04", " q ").split()
    return [one for word in words for one in (word if len(set(word)) == 1 else [word])]


def in_foreground(stream: IO[Any] | None = None) -> bool:
    """Whether the terminal's keys are for us. Ask before entering a PID namespace, where nobody can tell any more."""
    try:
        descriptor = (stream or sys.stdin).fileno()
        return not os.isatty(descriptor) or os.tcgetpgrp(descriptor) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False
