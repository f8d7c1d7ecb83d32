"""The thread that judges: it opens exercises, has saves noticed, judges what was saved last, and tells the journal."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workshop.course.exercise import Exercise
from workshop.course.progress import count
from workshop.course.verdict import Verdict
from workshop.course.watch import Watch
from workshop.course.workbench import Workbench
from workshop.errors import WorkshopError
from workshop.journal import Journal

PATIENCE = 30.0
"""Seconds to wait for another exercise to be opened."""

OpenStage = Callable[[Exercise], AbstractContextManager[Any]]
"""Makes the stage of an exercise, to be used in a ``with``: see ``workshop/course/stage.py``."""

Judge = Callable[..., Verdict]
"""``judge(stage, path, attempt=…)``: see ``workshop/course/judge.py``."""


@dataclass
class Opened:
    """The exercise that is open: which of its files is worked on, what came of it last, or why it cannot be judged."""

    exercise: Exercise
    file: str
    stage: Any = None
    verdict: Verdict | None = None
    error: WorkshopError | None = None
    ending: ExitStack = field(default_factory=ExitStack)


class Sitting:
    """One learner's exercises, one open at a time. Safe to use from any thread.

    However often something is saved while a judgement is under way, one more follows, of what was saved last.
    """

    def __init__(
        self, workbench: Workbench, journal: Journal, open_stage: OpenStage, judge: Judge, *, poll: bool = False
    ) -> None:
        self._workbench, self._journal, self._open_stage, self._judge = workbench, journal, open_stage, judge
        self._poll = poll
        self._opened: Opened | None = None
        self._next: Exercise | None = None
        self._wanted = self._judging = self._closing = self._interrupted = False
        self._told_gone = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="judging", daemon=True)

    @property
    def opened(self) -> Opened:
        """What is open now, as it is at this moment."""
        with self._changed:
            assert self._opened is not None, "no exercise was opened"
            return replace(self._opened)

    @property
    def judging(self) -> bool:
        """Whether a judgement is under way, or about to begin."""
        with self._changed:
            return self._judging or self._wanted

    def open(self, exercise: Exercise) -> Opened:
        """Open an exercise, once the judgement under way has ended; what then is open.

        :raises WorkshopError: if it is not done in time, or all is being ended.
        """
        with self._changed:
            if self._thread.ident is None:
                self._thread.start()
            target = self._next = replace(exercise)  # a thing of its own, so that it is told apart
            self._changed.notify_all()
        self._interrupt()
        with self._changed:
            done = self._changed.wait_for(lambda: self._closing or self._next is not target, PATIENCE)
            if not done or self._closing:
                raise WorkshopError(f"Exercise {exercise.number} was not opened.", "Try again.")
        return self.opened

    def rerun(self) -> None:
        """Judge again."""
        with self._changed:
            self._wanted, self._told_gone = True, False
            self._changed.notify_all()

    def choose(self, file: str) -> None:
        """Go to another of the exercise's files, and judge it; nobody waits for the verdict on the one before."""
        with self._changed:
            if self._opened is not None and self._opened.file != file:
                self._opened.file, self._opened.verdict = file, None
            self._wanted = True
            self._interrupt()
            self._changed.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no judgement is under way; False if that took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or not (self._judging or self._wanted), seconds)

    def close(self, seconds: float) -> bool:
        """End it, and take the stage down; whether that was done within so many seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._interrupt()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def _interrupt(self) -> None:
        """Let the judgement under way end soon: nobody waits for its verdict."""
        with self._changed:  # until it is interrupted: the next one, which is waited for, must not begin before
            stage = self._opened.stage if self._opened is not None and self._judging else None
            self._interrupted = stage is not None
            if stage is not None:
                stage.interrupt()

    def _saved(self, paths: list[Path]) -> None:
        with self._changed:
            opened = self._opened
            if opened is not None:
                for path in paths:
                    if path.name in opened.exercise.files and path.name != opened.file:
                        opened.file, opened.verdict = path.name, None
            self._wanted = True
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing or self._wanted or self._next is not None)
                    if self._closing:
                        return
                    target, self._wanted = self._next, False
                    self._judging, self._interrupted = target is None, False
                if target is not None:
                    self._change(target)
                elif self._is_there():
                    self._judge_now()
                else:
                    with self._changed:
                        self._judging = False
                        self._changed.notify_all()
        finally:
            if self._opened is not None:
                self._opened.ending.close()
            with self._changed:
                self._closing, self._judging = True, False
                self._changed.notify_all()

    def _change(self, exercise: Exercise) -> None:
        if self._opened is not None:
            self._opened.ending.close()
        opened = Opened(exercise, self._workbench.first_file(exercise))
        with self._changed:
            self._opened = opened  # before it is watched
        try:
            self._workbench.prepare(exercise)
            self._workbench.hold()
            self._workbench.progress.opened(exercise.name)
            self._watch(opened)
            opened.stage = opened.ending.enter_context(self._open_stage(exercise))
        except WorkshopError as error:
            opened.error = error
        except Exception as error:
            opened.error = mistake(error)
        if opened.error is not None:
            opened.ending.close()
        self._journal.append("verdict", {"exercise": exercise.number, "opened": True})
        self._tell_notes()
        with self._changed:
            if self._next is exercise:
                self._next = None
            self._wanted = opened.stage is not None
            self._changed.notify_all()

    def _watch(self, opened: Opened) -> None:
        files = [self._workbench.file(opened.exercise, name) for name in opened.exercise.files]
        watch = Watch(files, self._saved, modules=True, poll=self._poll).start()
        opened.ending.callback(watch.stop)
        if watch.why and not self._poll:
            self._note(f"Saves are noticed by looking ten times a second: {watch.why}.", "info")

    def _is_there(self) -> bool:
        """Whether there is anything to judge: not while the learner's folder is somewhere else. That is said once."""
        try:
            self._workbench.check()
            self._told_gone = False
            return True
        except WorkshopError as error:
            if not self._told_gone:
                self._note(str(error), "warning")
            self._told_gone = True
            return False

    def _judge_now(self) -> None:
        with self._changed:
            opened = self._opened
            assert opened is not None
            exercise, file = opened.exercise, opened.file
        try:
            attempt = count(self._workbench.progress.entry(exercise.name), "attempts") + 1
        except WorkshopError:
            attempt = 0
        part = exercise.part_of(file)
        which: dict[str, Any] = {"part": part} if part else {}
        self._journal.append("verdict", {"exercise": exercise.number, "judging": True, "attempt": attempt, **which})
        began = time.monotonic()
        try:
            verdict = self._judge(opened.stage, self._workbench.file(exercise, file), attempt=attempt)
        except Exception as error:
            took = round((time.monotonic() - began) * 1000)
            problem = str(error if isinstance(error, WorkshopError) else mistake(error))
            facts: dict[str, Any] = {"problem": problem, "attempt": attempt, "at": time.time(), "extra": which}
            verdict = Verdict(exercise.number, exercise.name, "", took, **facts)
        with self._changed:
            self._judging, interrupted = False, self._interrupted
        if interrupted and not verdict.passed:
            return
        try:
            if verdict.problem is None:
                self._workbench.progress.judged(exercise.name, verdict.passed, part, len(exercise.files))
        except WorkshopError as error:
            self._note(str(error), "error")
        with self._changed:
            if opened.file == file:  # else another one was saved meanwhile, which is judged next
                opened.verdict = verdict
        self._journal.append("verdict", verdict.as_dict())
        self._tell_notes()
        with self._changed:
            self._judging = False
            self._changed.notify_all()

    def _tell_notes(self) -> None:
        while self._workbench.notes:
            self._note(self._workbench.notes.pop(0), "warning")

    def _note(self, text: str, level: str) -> None:
        self._journal.append("notice", {"level": level, "text": text, "host": ""})


def mistake(error: Exception) -> WorkshopError:
    """What a learner is told of a fault that is not theirs."""
    if os.environ.get("WORKSHOP_DEBUG"):
        traceback.print_exception(error)
    return WorkshopError(
        f"This is a mistake in the workshop itself: {type(error).__name__}: {error}.",
        "Start it again with WORKSHOP_DEBUG=1 to see where, and report it.",
    )
