"""Telling of what the learner's code does beside Python: programs that it runs, and ways to end itself.

Runs in the learner's process. Programs become lines in the call, as what pyroute2 is asked for does.
"""

from __future__ import annotations

import itertools
import os
import shlex
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import getpid
from pathlib import Path
from typing import Any

from workshop.course.learner.places import Place

Note = Callable[[dict[str, Any]], None]
_count = itertools.count(1)
_told = threading.local()
LONGEST = 2000
_LIBRARY = f"{sysconfig.get_path('stdlib')}/"
_STARTERS = {"subprocess", "os", "asyncio", "contextlib", "workshop"}


class Programs:
    """Puts itself before ``subprocess.Popen``, ``os.system`` and their like.

    ``note`` tells the plugin, ``where`` says at which line the learner's code is, ``needed`` are descriptors without
    which its process cannot answer.
    """

    def __init__(self, note: Note, where: Callable[[], Place | None], needed: set[int]) -> None:
        self._note, self._where, self._needed = note, where, needed
        self._pid = getpid()

    def install(self) -> None:
        """From now on tell."""
        programs = self

        class Popen(subprocess.Popen):  # type: ignore[type-arg]
            """``subprocess.Popen``, told of in the call."""

            def __init__(self, args: Any, *more: Any, **keywords: Any) -> None:
                self._end = programs.begin(command_line(args))
                try:
                    with _telling():
                        super().__init__(args, *more, **keywords)
                except BaseException as error:
                    self._end(str(error))
                    raise

            @property
            def returncode(self) -> Any:
                """The exit code; ``None`` while it runs."""
                return self.__dict__.get("returncode")

            @returncode.setter
            def returncode(self, code: Any) -> None:
                if code is not None and self.__dict__.get("returncode") is None:
                    self._end(how_it_ended(code))
                self.__dict__["returncode"] = code

        Popen.__name__ = Popen.__qualname__ = "Popen"
        Popen.__module__ = "subprocess"
        subprocess.Popen = Popen  # type: ignore[misc]
        os.system = self._system(os.system)
        for name in ("_exit", "abort", "close", "closerange"):
            setattr(os, name, self._noted(f"os.{name}", getattr(os, name)))
        sys.addaudithook(self._audit)

    def begin(self, command: str) -> Callable[[str | None], None]:
        """Tell that a program is started; call what this gives with its error, or ``None``, when it has ended."""
        if _for_python():
            return lambda error: None
        key, began = f"{getpid()}.{next(_count)}", time.perf_counter()
        self._note({"begin": key, "tool": tool_of(command), "command": command[:LONGEST]})

        def end(error: str | None) -> None:
            self._note({"end": key, "error": error, "duration_ms": round((time.perf_counter() - began) * 1000, 3)})

        return end

    def _system(self, real: Callable[[Any], int]) -> Callable[[Any], int]:
        def system(command: Any) -> int:
            end = self.begin(command_line(command))
            with _telling():
                status = real(command)
            end(how_it_ended(os.waitstatus_to_exitcode(status)))
            return status

        return system

    def _noted(self, what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """A function that the learner's process may not survive: the plugin is told where it was called."""

        def noted(*arguments: Any) -> Any:
            harmless = what.startswith("os.close") and not self._needed.intersection(_closed(arguments))
            place = None if harmless or getpid() != self._pid else self._where()
            if place is not None:
                self._note({"did": what, "arguments": repr(arguments), "place": place})
            return real(*arguments)

        return noted

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in ("os.exec", "os.posix_spawn") or getattr(_told, "yes", False):
            return
        if event == "os.exec" and not Path(os.fsdecode(arguments[0])).exists():
            return  # one of the folders in which a program is looked for
        words = arguments[1]
        if event == "os.exec" and getpid() == self._pid:
            self._note({"did": "os.exec", "arguments": command_line(words), "place": self._where()})
        self._note({"change": {"tool": tool_of(command_line(words)), "command": command_line(words)[:LONGEST]}})


def _for_python() -> bool:
    """Whether Python's own library runs a program for its own ends, as ctypes does to look for a library."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _STARTERS:
        frame = frame.f_back
    file = frame.f_code.co_filename if frame else ""
    return file.startswith(_LIBRARY) and "/site-packages/" not in file


def _closed(arguments: tuple[Any, ...]) -> Sequence[int]:
    """The descriptors that os.close or os.closerange is to close."""
    try:
        return range(*arguments) if len(arguments) == 2 else arguments
    except TypeError:
        return ()


@contextmanager
def _telling() -> Iterator[None]:
    """What begins another program meanwhile has been told of already."""
    before, _told.yes = getattr(_told, "yes", False), True
    try:
        yield
    finally:
        _told.yes = before


def command_line(words: str | bytes | os.PathLike[Any] | Sequence[Any]) -> str:
    """A program and its arguments as one would type them."""
    if isinstance(words, (str, bytes, os.PathLike)):
        return os.fsdecode(words).strip()
    try:
        return shlex.join(os.fsdecode(word) for word in words)
    except TypeError:
        return repr(words)


def tool_of(command: str) -> str:
    """The name of the program that a command line calls."""
    first = command.split(maxsplit=1)
    return first[0].rpartition("/")[2] if first else "?"


def how_it_ended(code: int) -> str | None:
    """An exit code in words; ``None`` for 0. Less than 0: the signal's number."""
    if code == 0:
        return None
    return f"ended by signal {-code}" if code < 0 else f"ended with status {code}"
