"""Where in the learner's own files something went wrong. Runs in the learner's process."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import workshop

Place = tuple[str, int]
"""A file and a line."""

LONGEST = 500
"""Characters of an exception's text that are told."""

MOST_LINES = 60
"""Lines of a traceback that are told."""

_NOT_THEIRS = tuple(
    {str(Path(each).resolve()) for each in (Path(workshop.__file__).parent, sys.prefix, sys.base_prefix)}
)


class Own:
    """Knows which files are the learner's own: the handler's, and those in its folder."""

    def __init__(self, file: Path) -> None:
        self.file, self.folder = str(file), f"{file.parent}/"

    def has(self, name: str) -> bool:
        """Whether a file is the learner's."""
        if name == self.file:
            return True
        return name.startswith(self.folder) and not any(name.startswith(f"{each}/") for each in _NOT_THEIRS)

    def of_error(self, error: BaseException) -> Place | None:
        """The innermost place in the learner's files that an exception came through."""
        if isinstance(error, SyntaxError) and error.filename and self.has(error.filename) and error.lineno:
            return error.filename, error.lineno
        return self._innermost(error.__traceback__)

    def _innermost(self, trace: TracebackType | None) -> Place | None:
        found = None
        while trace is not None:
            if self.has(trace.tb_frame.f_code.co_filename) and trace.tb_lineno:
                found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return found

    def of_stack(self, frame: FrameType | None) -> Place | None:
        """The innermost place in the learner's files of a stack."""
        while frame is not None:
            if self.has(frame.f_code.co_filename):
                return frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        return None

    def of_function(self, function: Callable[..., Any]) -> Place | None:
        """Where a function is written, if that is in the learner's files."""
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None or not self.has(code.co_filename):
            return None
        return code.co_filename, code.co_firstlineno

    def traceback(self, error: BaseException) -> list[str]:
        """The lines of a traceback with only the learner's frames, and file names without their folder."""
        told = traceback.TracebackException.from_exception(error, compact=True)
        self._strip(told, set())
        lines = [line for part in told.format() for line in part.rstrip("\n").split("\n")]
        if len(lines) > MOST_LINES:
            lines = [*lines[:10], "  …", *lines[11 - MOST_LINES :]]
        return [
            line.replace(self.folder, "") if line.lstrip().startswith('File "') else line[:LONGEST] for line in lines
        ]

    def _strip(self, told: traceback.TracebackException, seen: set[int]) -> None:
        if id(told) in seen:
            return
        seen.add(id(told))
        told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if self.has(frame.filename)])
        for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
            if other is not None:
                self._strip(other, seen)


def text_of(error: BaseException) -> str:
    """An exception's text, however long and whatever its own ``__str__`` does."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be made)"
    return f"{text[:LONGEST]} …" if len(text) > LONGEST else text


NO_KEYBOARD = "a handler has no keyboard: take breakpoint() or input() away, and use print()"


def asks_keyboard(error: BaseException) -> str | None:
    """The call that wanted somebody to type something, if an exception comes of that."""
    if type(error).__name__ == "BdbQuit" and type(error).__module__ == "bdb":
        return "breakpoint()"
    return "input()" if isinstance(error, EOFError) and str(error) == "EOF when reading a line" else None


def worded(error: BaseException) -> str:
    """``ValueError: the text`` on one line."""
    name, text = type(error).__name__, " ".join(text_of(error).split())
    return f"{name}: {text}" if text else name
