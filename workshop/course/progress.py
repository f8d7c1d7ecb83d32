"""How far the learner is: one JSON file in their folder, kept whole whoever writes it and whenever it breaks off."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from workshop.course.files import cannot_write, make_folder, own, replace

NAME = "progress.json"
PATIENCE = 5.0
"""Seconds to wait for another command that is writing; on file systems that know no locks nobody can be waited for."""

Entry = dict[str, Any]
"""What is known of one exercise: ``opened`` and ``passed`` (seconds since 1970), ``attempts``, ``hints`` (how many were
asked for; of several parts, ``part_hints`` has them by name), ``parts`` (the names of those that passed), ``copied``
(the digests of files as they were given).
"""

State = Literal["passed", "begun", "untouched"]


class Progress:
    """The progress in ``folder`` (``.workshop`` in the learner's folder), by the names of exercises.

    Every question reads the file, every change reads and writes it under a lock: several commands may be at work. What
    it does not know, it keeps. ``told`` gets a sentence if the file could not be read and was put aside. ``may_write``
    raises where nothing may be written now.
    """

    def __init__(
        self,
        folder: Path,
        told: Callable[[str], None] = lambda _: None,
        may_write: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = folder / NAME
        self._told, self._may_write = told, may_write

    def entry(self, name: str) -> Entry:
        """What is known of an exercise; empty if nothing is."""
        return _entry(self._read(), name)

    def entries(self) -> dict[str, Entry]:
        """What is known of every exercise, by name."""
        known = self._read()
        return {name: _entry(known, name) for name in known["exercises"]}

    def state(self, name: str) -> State:
        """How far it is. Passed stays passed."""
        return state_of(self.entry(name))

    def states(self) -> dict[str, State]:
        """How far every exercise is that something is known of."""
        return {name: state_of(entry) for name, entry in self.entries().items()}

    @property
    def at(self) -> str | None:
        """The exercise that was opened last."""
        at = self._read().get("at")
        return at if isinstance(at, str) else None

    def opened(self, name: str) -> None:
        """This is where the learner is now."""

        def change(known: dict[str, Any], entry: Entry) -> None:
            known["at"] = name
            entry.setdefault("opened", round(time.time(), 3))

        self.change(name, change)

    def judged(self, name: str, passed: bool, part: str | None = None, parts: int = 1) -> int:
        """Count an attempt, and keep that it passed; gives its number. With several parts, all of them have to pass."""

        def change(_: dict[str, Any], entry: Entry) -> None:
            entry["attempts"] = count(entry, "attempts") + 1
            if passed and part is not None:
                entry["parts"] = sorted({*parts_of(entry), part})
            if passed and (part is None or len(parts_of(entry)) >= parts):
                entry.setdefault("passed", round(time.time(), 3))

        return int(self.change(name, change)["attempts"])

    def hinted(self, name: str, number: int, part: str | None = None) -> None:
        """That many hints were asked for: of an exercise, or of one of its parts."""

        def change(_: dict[str, Any], entry: Entry) -> None:
            most = max(number, hints_of(entry, part))
            if part is None:
                entry["hints"] = most
            else:
                known = entry.get("part_hints")
                entry["part_hints"] = {**(known if isinstance(known, dict) else {}), part: most}

        self.change(name, change)

    def change(self, name: str, how: Callable[[dict[str, Any], Entry], None]) -> Entry:
        """Let ``how`` change all that is known, and the entry of one exercise; gives that entry.

        :raises CannotHere: if it cannot be written.
        """
        self._may_write()
        try:
            with self._locked():
                known = self._read()
                entry = _entry(known, name)
                how(known, entry)
                known["exercises"][name] = entry
                replace(self.path, (json.dumps(known, indent=1) + "\n").encode())
        except OSError as error:
            raise cannot_write(self.path.parent, error) from None
        return entry

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        make_folder(self.path.parent)
        lock = self.path.with_name("lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        own(lock)
        try:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.005)
                except OSError:  # a file system without locks
                    break
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> dict[str, Any]:
        try:
            content = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return {"exercises": {}}
        except OSError as error:
            raise cannot_write(self.path.parent, error) from None
        with contextlib.suppress(ValueError, RecursionError):
            known = json.loads(content)
            if isinstance(known, dict) and isinstance(known.setdefault("exercises", {}), dict):
                return known
        return self._put_aside()

    def _put_aside(self) -> dict[str, Any]:
        aside = self.path.with_name(f"progress-broken-{time.strftime('%Y%m%d-%H%M%S')}.json")
        with contextlib.suppress(FileNotFoundError):  # another command was faster
            os.rename(self.path, aside)  # noqa: PTH104
            self._told(f"The file of your progress could not be read; it is kept as {aside}, and progress begins anew.")
        return {"exercises": {}}


def state_of(entry: Entry) -> State:
    """How far an exercise is, from what is known of it."""
    return "passed" if entry.get("passed") else "begun" if entry.get("opened") or entry.get("attempts") else "untouched"


def parts_of(entry: Entry) -> list[str]:
    """The parts that passed."""
    parts = entry.get("parts")
    return [part for part in parts if isinstance(part, str)] if isinstance(parts, list) else []


def hints_of(entry: Entry, part: str | None) -> int:
    """How many hints were asked for: of an exercise, or of one of its parts."""
    if part is None:
        return count(entry, "hints")
    known = entry.get("part_hints")
    return count(known, part) if isinstance(known, dict) else 0


def _entry(known: dict[str, Any], name: str) -> Entry:
    entry = known["exercises"].get(name)
    return dict(entry) if isinstance(entry, dict) else {}


def count(entry: Entry, key: str) -> int:
    """A number out of an entry; 0 if there is none."""
    value = entry.get(key)
    return value if isinstance(value, int) else 0
