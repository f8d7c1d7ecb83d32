"""Noticing saves, however an editor saves: in place, by renaming over, by removing and making anew.

What counts is the content: a file is looked at when the kernel tells of a change near it, and every now and then in any
case. Where the file system does not tell, it is looked at ten times a second.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from inotify_simple import INotify, flags

from workshop.course.mounts import silent

PERIOD = 0.1
"""Seconds between two looks where the file system does not tell of changes."""

CHECK = 1.0
"""Seconds between two looks where it does: it may have been believed wrongly, or a folder may have been replaced."""

SETTLE = 0.02
"""Seconds that content has to stay the same before it is believed, unless its writer has closed the file."""

ABSENT = 0.3
"""Seconds that a file has to be gone or empty: some editors remove or empty it before they write it anew."""

_DONE = flags.CLOSE_WRITE | flags.MOVED_TO
_BEGUN = flags.MODIFY | flags.CREATE | flags.DELETE | flags.MOVED_FROM | flags.ATTRIB
_LOST = flags.DELETE_SELF | flags.MOVE_SELF | flags.UNMOUNT | flags.IGNORED | flags.Q_OVERFLOW

Content = bytes | str | None
"""What is in a file; ``None`` if it is absent, a text that says why if it cannot be read."""


@dataclass
class _Change:
    """Content that is not what was noticed last, and since when it has been so."""

    content: Content
    since: float


class Watch:
    """Calls ``noticed`` with the files whose content is not what it was, in a thread of its own, until ``stop()``.

    What was there at ``start()`` is known. With ``modules``, other Python files beside the first one are watched too,
    for it may import them. Editors' other files are never looked at. ``poll`` looks ten times a second whatever the
    file system is. ``way`` says how it is done now, ``why`` why it is polling (empty with events).
    """

    def __init__(
        self,
        files: Iterable[Path],
        noticed: Callable[[list[Path]], None],
        *,
        modules: bool = False,
        poll: bool = False,
    ) -> None:
        self.files = tuple(files)
        self._modules = self.files[0].parent if modules and self.files else None
        self._noticed = noticed
        self._seen: dict[Path, Content] = {}
        self._changes: dict[Path, _Change] = {}
        self._events: _Events | None = None
        self._wake, self._woken = os.pipe()
        self._stopping = self._fresh = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.why = "it was asked for" if poll else silent(self.files[0]) if self.files else ""

    @property
    def way(self) -> str:
        """``events`` or ``polling``."""
        return "polling" if self.why else "events"

    def start(self) -> Watch:
        """Know what is there, and notice what comes."""
        self._listen()
        self._seen = {path: _read(path) for path in self._paths()}
        self._thread.start()
        return self

    def stop(self) -> None:
        """Notice nothing more. A second stop does nothing."""
        if self._stopping:
            return
        self._stopping = True
        os.write(self._woken, b".")
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(2)
        if self._events is not None:
            self._events.close()
        for descriptor in (self._wake, self._woken):
            os.close(descriptor)

    def _listen(self) -> None:
        """Have the kernel tell of changes in the files' folders as they are now, if it can."""
        self._fresh = True  # what changed before could not be told
        if self._events is not None:
            self._events.close()
            self._events = None
        if not self.why:
            try:
                self._events = _Events(self.files, self._modules, self._wake)
            except OSError as error:  # most often: too many are listening already
                self.why = f"the kernel does not tell of changes here ({error.strerror})"

    def _run(self) -> None:
        while not self._stopping:
            told, closed = self._wait()
            if self._stopping:
                return
            self._look(told, closed)

    def _wait(self) -> tuple[set[Path], set[Path]]:
        """Wait for something to do: the files that the kernel told of, and those of them that were closed."""
        if self._events is None:
            select.select([self._wake], [], [], SETTLE if self._changes else PERIOD)
            return set(), set()
        if self._events.lost or self._events.moved():
            self._listen()
            if self._events is not None and self._events.lost:  # a folder is not there: look for it
                select.select([self._wake], [], [], PERIOD)
            return set(), set()
        return self._events.wait(SETTLE if self._changes else CHECK)

    def _look(self, told: set[Path], closed: set[Path]) -> None:
        """Notice each file whose content is different now, and stays so."""
        now, ready = time.monotonic(), []
        untold = False
        for path in self._paths():
            content = _read(path)
            if content == self._seen.get(path):
                self._changes.pop(path, None)
                continue
            change = self._changes.get(path)
            if change is None or change.content != content:
                untold = untold or (change is None and path not in told and not self._fresh)
                change = self._changes[path] = _Change(content, now)
            if path in closed or now - change.since >= (SETTLE if content else ABSENT):
                del self._changes[path]
                self._seen[path] = content
                ready.append(path)
        self._fresh = False
        if untold:
            self._doubt()
        if ready:
            self._noticed(ready)

    def _paths(self) -> set[Path]:
        """The files that count now: those that were named, known ones, and the modules that are there."""
        found = {*self.files, *self._seen}
        if self._modules is not None:
            with contextlib.suppress(OSError):
                found |= {Path(entry.path) for entry in os.scandir(self._modules) if is_module(entry.name)}
        return found

    def _doubt(self) -> None:
        """Something changed and nobody told: either it is being told just now, or it never will be."""
        events = self._events
        if events is None or events.lost or events.moved():
            return
        told, _ = events.wait(SETTLE)
        if not told and not events.lost and not self._stopping:
            events.close()
            self._events = None
            self.why = "the file system did not tell of a change"


class _Events:
    """What the kernel tells of the folders in which the files are, and those in which their links lead.

    ``lost`` is whether a folder is gone or was replaced, so that nothing more will be told. Raises OSError.
    """

    def __init__(self, files: tuple[Path, ...], modules: Path | None, wake: int) -> None:
        self._files, self._modules, self._wake = files, modules, wake
        self.lost = False
        self._inotify = INotify()
        self._names: dict[tuple[int, str], set[Path]] = {}
        self._modules_at = -1
        self._folders = _folders(files)
        try:
            for place, path in _places(files):
                try:
                    watched = self._inotify.add_watch(place.parent, _DONE | _BEGUN | _LOST | flags.ONLYDIR)
                except FileNotFoundError:
                    self.lost = True
                    continue
                self._names.setdefault((watched, place.name), set()).add(path)
                if place.parent == modules:
                    self._modules_at = watched
        except OSError:
            self._inotify.close()
            raise

    def moved(self) -> bool:
        """Whether the files' folders are others than those that are listened to."""
        return _folders(self._files) != self._folders

    def wait(self, seconds: float) -> tuple[set[Path], set[Path]]:
        """The files that something happened to, waiting at most ``seconds``; and those of them that were closed."""
        end = time.monotonic() + seconds
        told: set[Path] = set()
        closed: set[Path] = set()
        while not told and not self.lost:
            left = end - time.monotonic()
            ready, _, _ = select.select([self._inotify, self._wake], [], [], max(0.0, left))
            if self._wake in ready or not ready:
                break
            for event in self._inotify.read(timeout=0):
                paths = self._names.get((event.wd, event.name), set())
                if self._modules is not None and event.wd == self._modules_at and is_module(event.name):
                    paths = paths | {self._modules / event.name}
                told |= paths
                closed |= paths if event.mask & _DONE else set()
                self.lost = self.lost or bool(event.mask & _LOST)
        return told, closed

    def close(self) -> None:
        """Listen no more."""
        self._inotify.close()


def _places(files: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Where each file's content can change: at its path, and where a link leads. Each with the file's own path."""
    found = []
    for path in files:
        real = Path(os.path.realpath(path))
        found += [(place, path) for place in {path, real}]
    return found


def _folders(files: Iterable[Path]) -> set[tuple[str, int, int]]:
    found = set()
    for place, _ in _places(files):
        with contextlib.suppress(OSError):
            status = place.parent.stat()
            found.add((str(place.parent), status.st_dev, status.st_ino))
    return found


def _read(path: Path) -> Content:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return str(error.strerror)


def is_module(name: str) -> bool:
    """Whether a file of this name is Python that one could import, and none of those that editors make for a moment."""
    stem, dot, ending = name.partition(".")
    return (
        stem.isidentifier() and dot + ending == ".py" and not stem.startswith(_EDITORS) and not stem.endswith(_EDITORS)
    )


_EDITORS = ("flycheck_", "_flymake")
"""What Emacs puts before or behind the name of a file that it checks while one types."""
