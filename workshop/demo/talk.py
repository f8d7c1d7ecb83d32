"""A talk that is being given: where it is, what is shown of it, and the way from one chapter to another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from workshop.demo import verbs
from workshop.demo.needs import lacking
from workshop.demo.presses import Presses
from workshop.demo.script import Chapter, Script, Step
from workshop.demo.stage import Stage
from workshop.errors import UsageError, WorkshopError

MOST = 12
"""Lines of a step's output that are shown."""

AHEAD, RUNNING, DONE, FAILED, LEFT_OUT = "ahead", "running", "done", "failed", "left out"
"""How far a chapter or a step is."""


class Talk:
    """Gives a ``script`` on a ``stage``. One thread takes the chapters, any thread asks for ``state`` or presses.

    ``heading``, ``step`` and ``ended`` are called as it goes on, for a terminal: with a chapter, its number and the
    reason if it is left out; with how a step is written, and whether somebody types that; with a step's output.
    """

    def __init__(
        self,
        script: Script,
        stage: Stage,
        *,
        heading: Callable[[Chapter, int, str], None] = lambda chapter, number, why: None,
        step: Callable[[str, bool], None] = lambda text, typed: None,
        ended: Callable[[list[str]], None] = lambda lines: None,
    ) -> None:
        self.script, self.presses = script, Presses()
        self._stage, self._heading, self._step, self._ended = stage, heading, step, ended
        self._lock = threading.Lock()
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self._there: list[str] = []
        self._began = stage.journal.last
        self._now: Chapter | None = None
        self._how = dict.fromkeys(script.names, AHEAD)
        self._told: dict[str, Any] = {"version": 0, "state": "waiting", "why": "", "steps": [], "call": None}

    # -- what is shown

    def on_change(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Have ``listener`` called with each new ``state``, in order."""
        self._listeners.append(listener)

    def state(self) -> dict[str, Any]:
        """All that is shown of the talk, as JSON; a higher ``version`` is newer.

        ``state`` is "waiting" (to be pressed), "running" or "over", ``number`` 0 before the first chapter, ``next`` the
        title of the chapter that comes next, or empty.
        """
        with self._lock:
            return self._state()

    def _state(self) -> dict[str, Any]:
        now, following = self._now, self._following()
        chapters = [{"name": each.name, "title": each.title, "state": self._how[each.name]} for each in self.script]
        return {
            **self._told,
            "steps": [dict(step) for step in self._told["steps"]],
            "title": self.script.title,
            "chapters": chapters,
            "number": self._number(now) if now else 0,
            "chapter": now.title if now else "",
            "sentence": now.sentence if now else "",
            "opens": now.opens if now else False,
            "next": following.title if following else "",
        }

    def _tell(self, **news: Any) -> None:
        with self._lock:
            self._told.update(news, version=self._told["version"] + 1)
            told = self._state()
        for listener in self._listeners:
            listener(told)

    def _number(self, chapter: Chapter) -> int:
        return self.script.names.index(chapter.name) + 1

    def _following(self) -> Chapter | None:
        chapters, number = self.script.chapters, self._number(self._now) if self._now else 0
        return chapters[number] if number < len(chapters) else None

    # -- being pressed, by a clicker or a terminal

    def press(self, *, after: int | None = None, chapter: str | None = None) -> None:
        """Ask for the next chapter, or for one by its name; from any thread. ``after`` is the number that was shown to
        who asks: if the talk has gone on since, nothing is done.

        :raises UsageError: if there is no such chapter.
        :raises WorkshopError: while a chapter runs, and if the talk is over.
        """
        if chapter is not None and chapter not in self.script.names:
            raise UsageError(f"There is no chapter {chapter!r}.", f"There are {', '.join(self.script.names)}.")
        with self._lock:
            number = self._number(self._now) if self._now else 0
            if after is not None and after != number:
                return
            if self._told["state"] == "over" and chapter is None:
                raise WorkshopError("The talk is over.", "The lab is still there: type your own commands.")
            if self._told["state"] == "running":
                raise WorkshopError("This chapter has not ended yet.", "Press again once it has.")
            self.presses.put(number, chapter)

    def pressed(self) -> str | None:
        """The chapter that was asked for at this one, as ``following`` has it; ``None`` if nothing was pressed."""
        asked = self.presses.take(self._number(self._now) if self._now else 0)
        return (asked[0] or self.following()) if asked else None

    # -- going on

    def following(self) -> str:
        """The name of the chapter that comes next, empty after the last."""
        chapter = self._following()
        return chapter.name if chapter else ""

    def play(self, name: str) -> bool:
        """Go to a chapter, with what it has to find there; whether all did what it should."""
        chapter = self.script.chapter(name)
        missing = self._reason(chapter.needs)
        with self._lock:
            self._now = chapter
            self._how[name] = RUNNING
        self._tell(state="running", why=missing, steps=[], call=None)
        self._heading(chapter, self._number(chapter), missing)
        since = self._stage.journal.last
        good = True
        if not missing:
            self._set_the_scene(chapter)
            since = self._stage.journal.last
            good = self._take_all(self._steps(chapter))
            self._there = [each for each in self._there if each not in chapter.ends]
            self._there += [name] if chapter.undo else []
        with self._lock:
            self._how[name] = LEFT_OUT if missing else DONE if good else FAILED
        self._tell(state="waiting", call=self._call(chapter.shows, since))
        return good

    def end(self) -> None:
        """The talk is over; what it made is removed."""
        self._tell(state="running")
        self._strike(self._there)
        self._tell(state="over", call=None)

    @property
    def worked(self) -> bool:
        """Whether no chapter has failed so far."""
        return FAILED not in self._how.values()

    def _steps(self, chapter: Chapter) -> Iterable[Step]:
        return [*self._undoing(chapter.ends), *chapter.steps]

    def _undoing(self, names: Iterable[str]) -> Iterator[Step]:
        """What removes the things of these chapters, as far as they are there; the last ones first."""
        for each in reversed(self.script.chapters):
            if each.name in names and each.name in self._there:
                yield from each.undo

    def _set_the_scene(self, chapter: Chapter) -> None:
        """See to it that there is what the chapter has to find, and nothing of the chapters behind it."""
        ahead = self.script.names[self._number(chapter) - 1 :]
        self._strike([name for name in self._there if name in ahead])
        for name in chapter.after:
            before = self.script.chapter(name)
            if name not in self._there and not lacking(before.needs):
                for step in before.steps:
                    self._do(step)
                self._there.append(name)

    def _strike(self, names: list[str]) -> None:
        """Remove the things of these chapters, without a word; what cannot be removed is seen by who looks."""
        for step in list(self._undoing(names)):
            self._do(step)
        self._there = [each for each in self._there if each not in names]

    def _do(self, step: Step) -> None:
        if not self._stage.stopped() and not lacking(step.needs):
            verbs.take(step, verbs.filled(step, self._stage), self._stage)

    def _take_all(self, steps: Iterable[Step]) -> bool:
        good, shown = True, []
        for step in steps:
            if self._stage.stopped():
                return False
            command = verbs.filled(step, self._stage)
            row = {
                "text": verbs.shown(step, command, self._stage),
                "typed": not step.says,
                "state": RUNNING,
                "lines": [],
            }
            shown.append(row)
            self._tell(steps=shown)
            self._step(row["text"], row["typed"])
            if missing := self._reason(step.needs):
                row.update(state=LEFT_OUT, lines=[missing])
            else:
                fine, output = verbs.take(step, command, self._stage)
                if self._stage.stopped():
                    return False
                good = good and fine
                row.update(state=DONE if fine else FAILED, lines=_cut(output.splitlines(), keep_last=not fine))
            self._tell(steps=shown)
            self._ended(row["lines"])
        return good

    def _reason(self, need: str) -> str:
        missing = lacking(need)
        return f"Left out: {missing[0]} {missing[1]}" if missing else ""

    def _call(self, route: str, since: int) -> int | None:
        """The number of the newest call of a route after an event; if there is none, of the whole talk."""
        for start in (since, self._began) if route else ():
            found = [event.call for event in self._stage.journal.since(start) if event.data.get("name") == route]
            if found:
                return found[-1]
        return None


def _cut(lines: list[str], *, keep_last: bool) -> list[str]:
    if len(lines) <= MOST:
        return lines
    last = lines[-1:] if keep_last else []
    return [*lines[: MOST - len(last)], f"… {len(lines) - MOST} more lines", *last]
