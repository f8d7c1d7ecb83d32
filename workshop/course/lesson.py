"""What terminal and page ask and command during one sitting, in one object."""

from __future__ import annotations

import difflib
import io
import threading
from pathlib import Path
from typing import Any

from workshop.course import exercise as exercises
from workshop.course import slides, typed
from workshop.course.exercise import Exercise
from workshop.course.files import cannot_write, make_folder, replace
from workshop.course.progress import Progress, hints_of, parts_of, state_of
from workshop.course.sitting import Judge, Opened, OpenStage, Sitting
from workshop.course.workbench import Workbench, read_text
from workshop.errors import WorkshopError
from workshop.journal import Journal

PATIENCE = 30.0
"""Seconds that a command waits for the judgement under way to end."""


class Changed(WorkshopError):
    """A file has changed since it was read: ``text`` and ``version`` are what it is now."""

    def __init__(self, name: str, text: str, version: str) -> None:
        super().__init__(f"{name} has been changed meanwhile.", "Look at what it is now, and save again.")
        self.text, self.version = text, version


class Lesson:
    """One learner at work on one exercise after another. Safe to use from any thread; judging has a thread of its own.

    ``journal`` is told when judging begins, what came of it, and when another exercise is opened. ``open_stage`` makes
    a stage for an exercise, on which ``judge`` works. ``engine`` is which Docker it is, if not what each exercise says
    (``docker``: the machine's own). ``poll`` has saves noticed by looking. ``folder`` has the exercises, if not the
    program's own.
    """

    def __init__(
        self,
        workbench: Workbench,
        journal: Journal,
        open_stage: OpenStage,
        judge: Judge,
        *,
        engine: str | None = None,
        poll: bool = False,
        folder: Path | None = None,
    ) -> None:
        self.workbench = workbench
        self._engine, self._folder = engine, folder
        self._catalogue = exercises.catalogue(folder, [])
        self._sitting = Sitting(workbench, journal, open_stage, judge, poll=poll)
        self._writing = threading.Lock()

    def start(self, exercise: Exercise) -> Lesson:
        """Open an exercise, and judge whatever is saved from now on.

        :raises WorkshopError: if that is not possible.
        """
        opened = self._sitting.open(exercise)
        if opened.error is not None:
            raise opened.error
        return self

    def close(self, seconds: float = 1.0) -> bool:
        """Judge no more, and take the stage down; says whether that was done within so many seconds."""
        return self._sitting.close(seconds)

    # -- what is asked

    @property
    def opened(self) -> Opened:
        """What is open now."""
        return self._sitting.opened

    def state(self) -> dict[str, Any]:
        """All that is to be shown, as docs/course.md has it."""
        opened, judging = self._sitting.opened, self._sitting.judging
        exercise, progress = opened.exercise, self.workbench.progress
        entry, part = progress.entry(exercise.name), exercise.part_of(opened.file)
        problems = [opened.error] if opened.error is not None else []
        hints: tuple[str, ...] = ()
        task = ""
        try:
            task, hints = exercise.task(), exercise.hints(part)
        except WorkshopError as error:
            problems.append(error)
        if opened.verdict is not None and opened.verdict.problem:
            problems.append(WorkshopError(opened.verdict.problem))
        return {
            "number": exercise.number,
            "name": exercise.name,
            "title": exercise.title,
            "goal": exercise.goal,
            "task": task,
            "routes": list(exercise.routes),
            "driver": exercise.driver,
            "engine": self._engine or exercise.engine,
            "files": [
                {
                    "name": name,
                    "path": str(self.workbench.file(exercise, name)),
                    "title": exercise.part(name).title,
                    "passed": exercise.part_of(name) in parts_of(entry) if part else bool(entry.get("passed")),
                }
                for name in exercise.files
            ],
            "file": opened.file,
            "next_file": self.workbench.next_file(exercise, opened.file),
            "try": list(exercise.part(opened.file).commands),
            "hints": list(hints[: hints_of(entry, part)]),
            "hints_total": len(hints),
            "slides": sorted(slides.names()),
            "verdict": None if opened.verdict is None else opened.verdict.as_dict(),
            "judging": judging,
            "progress": standing(self._catalogue, progress),
            "next": following(self._catalogue, exercise),
            "problem": str(problems[0]) if problems else None,
        }

    def hint(self) -> dict[str, Any]:
        """The next hint; once all were given, the last one again."""
        opened = self.opened
        return hint(self.workbench, opened.exercise, opened.file)

    def solution(self, anyway: bool = False) -> dict[str, Any]:
        """One right answer, and how the learner's file differs from it.

        :raises WorkshopError: before it has passed, unless ``anyway``.
        """
        opened = self.opened
        return solution(self.workbench, opened.exercise, opened.file, anyway)

    def read(self, name: str) -> dict[str, Any]:
        """A file of the learner's."""
        text, version = read_text(self.workbench.file(self.opened.exercise, name))
        return {"name": name, "text": text, "version": version}

    # -- what is commanded

    def rerun(self) -> None:
        """Judge again."""
        self._sitting.rerun()

    def choose(self, name: str) -> None:
        """Go to another of the exercise's files: it is judged, and hints and solution are its own.

        :raises UsageError: if there is no file of that name.
        """
        self._sitting.choose(self.workbench.file(self.opened.exercise, name).name)

    def open(self, number: int | str) -> dict[str, Any]:
        """Go to another exercise; returns once it is open. If it cannot be judged, the state's ``problem`` says why."""
        opened = self._sitting.open(exercises.find(number, self._folder))
        return {"number": opened.exercise.number}

    def reset(self, name: str | None = None) -> dict[str, Any]:
        """The stub again, of the file that is worked on if none is named.

        ``backup`` says where the learner's own is now, null if there was nothing to keep.
        """
        opened = self.opened
        with self._writing:
            backup = self.workbench.reset(opened.exercise, name or opened.file)
        return {"backup": None if backup is None else str(backup)}

    def write(self, name: str, text: str, version: str | int | None) -> dict[str, Any]:
        """Save a file; gives its new ``version``.

        :raises Changed: if it has changed since ``version``.
        """
        path = self.workbench.file(self.opened.exercise, name)
        with self._writing:
            self.workbench.check()
            there, known = read_text(path)
            if version != known:
                raise Changed(name, there, known)
            try:
                make_folder(path.parent)
                replace(path, text.encode())
            except OSError as error:
                raise cannot_write(path, error) from None
            return {"version": read_text(path)[1]}

    def command(self, line: str) -> dict[str, Any]:
        """Run one ``docker …`` line in the lab, once no judgement is under way: ``{"code", "output"}``.

        :raises UsageError: if it is no command of Docker's.
        """
        typed.words_of(line)
        if not self._sitting.wait_until_idle(PATIENCE):
            raise WorkshopError("Your code is still being judged.", "Try again when that is done.")
        opened = self.opened
        if opened.stage is None:
            raise opened.error or WorkshopError("There is no lab to run it in.")
        return typed.run(line, opened.stage.socket, real=self._engine == "docker", holds=opened.stage.holds)


def following(catalogue: tuple[Exercise, ...], exercise: Exercise) -> int | None:
    """The number of the exercise after this one, or ``None`` after the last."""
    return next((each.number for each in catalogue if each.number > exercise.number), None)


def standing(catalogue: tuple[Exercise, ...], progress: Progress) -> list[dict[str, Any]]:
    """How far every exercise is: ``number``, ``name``, ``title``, ``state``, and of parts how many are ``done``."""
    found, known = [], progress.entries()
    for each in catalogue:
        entry = known.get(each.name, {})
        row = {"number": each.number, "name": each.name, "title": each.title, "state": state_of(entry)}
        if each.parts:
            row |= {"parts": len(each.parts), "done": len({*parts_of(entry)} & {*each.parts})}
        found.append(row)
    return found


def hint(workbench: Workbench, exercise: Exercise, file: str) -> dict[str, Any]:
    """The next hint, which is remembered as asked for: ``text`` (Markdown), ``number``, ``total``.

    In an exercise of several parts those of ``file``, and ``part`` says its name.

    :raises WorkshopError: if there are none.
    """
    part = exercise.part_of(file)
    hints = exercise.hints(part)
    if not hints:
        raise WorkshopError(f"There are no hints for exercise {exercise.number}{f', {part}' if part else ''}.")
    number = min(hints_of(workbench.progress.entry(exercise.name), part) + 1, len(hints))
    workbench.progress.hinted(exercise.name, number, part)
    told = {"text": hints[number - 1], "number": number, "total": len(hints)}
    return told | ({"part": part} if part else {})


def solution(workbench: Workbench, exercise: Exercise, file: str, anyway: bool) -> dict[str, Any]:
    """``text``, and ``diff``: from the learner's file to the solution, in the unified form; empty if they are the same.

    :raises WorkshopError: before it has passed, unless ``anyway``.
    """
    entry = workbench.progress.entry(exercise.name)
    if not (anyway or entry.get("passed") or Path(file).stem in parts_of(entry)):
        what = file if exercise.parts else f"Exercise {exercise.number}"
        raise WorkshopError(f"{what} has not passed yet.", "Ask for a hint, or for the solution anyway.")
    path = exercise.solution(file)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise WorkshopError(f"{path} cannot be read ({error.strerror}).", "Install the program again.") from None
    try:
        own, _ = read_text(workbench.file(exercise, file))
    except WorkshopError:
        own = ""
    return {"text": text, "diff": difference(own, text, f"your {file}", "one solution")}


def difference(old: str, new: str, *names: str) -> str:
    """From one text to the other in the unified form, as ``patch`` takes it; empty if their lines are the same."""
    before, after = (list(io.StringIO(text, newline=None)) for text in (old, new))
    if [line.rstrip("\n") for line in before] == [line.rstrip("\n") for line in after]:
        return ""
    unended = "\n\\ No newline at end of file\n"
    told = difflib.unified_diff(before, after, *names)
    return "".join(line if line.endswith("\n") else line + unended for line in told).removesuffix("\n")
