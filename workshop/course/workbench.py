"""The learner's folder: their files, made from the stubs when first needed, their backups and their progress."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from workshop import resources
from workshop.course.exercise import TASK, Exercise
from workshop.course.files import cannot_write, digest, make_folder, replace
from workshop.course.progress import Progress, parts_of
from workshop.errors import CannotHere, UsageError, WorkshopError

MARK = ".workshop"
"""The folder by which a learner's folder is known. Progress and backups are in it."""

VARIABLE = "WORKSHOP_WORKBENCH"
"""Environment variable with the learner's folder."""

INIT = "`python -m workshop init DIR`"


class Workbench:
    """The learner's folder. It is made by the first thing that is put into it.

    ``notes`` are sentences that the learner should be told, such as that their progress could not be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self._held = False
        self.progress = Progress(folder / MARK, self.notes.append, self.check)

    def hold(self) -> None:
        """Whoever works in it now has it: if it goes, it was moved away, and is not made anew."""
        self._held = True

    def check(self) -> None:
        """Raises CannotHere if it is held and gone."""
        if self._held and not is_folder(self.folder):
            raise CannotHere(f"{self.folder} is gone.", "Put it back, and this goes on; or end it and start again.")

    def place(self, exercise: Exercise) -> Path:
        """The folder for an exercise. Its name counts: one that was begun under another number is found again."""
        usual = self.folder / exercise.label
        if not is_folder(usual):
            others = sorted(self.folder.glob(f"[0-9][0-9]_{exercise.name}")) if is_folder(self.folder) else []
            return next((other for other in others if is_folder(other)), usual)
        return usual

    def file(self, exercise: Exercise, name: str | None = None) -> Path:
        """One of the learner's files for an exercise: the first one, if none is named.

        :raises UsageError: if the exercise has no file of that name.
        """
        if name is not None and name not in exercise.files:
            raise UsageError(f"Exercise {exercise.number} has no file {name!r}.", f"It has {_listed(exercise.files)}.")
        return self.place(exercise) / (name or exercise.files[0])

    def prepare(self, exercise: Exercise) -> Path:
        """Have the files of an exercise there: the stubs and the task. Gives its folder.

        What the learner has not touched is brought up to date with the exercise, what they have touched stays.

        :raises CannotHere: if the folder cannot be written.
        """
        self.check()
        place = self.place(exercise)
        before = self.progress.entry(exercise.name).get("copied")
        copied = dict(before) if isinstance(before, dict) else {}
        try:
            make_folder(place)
            for name in (*exercise.files, TASK):
                _bring(exercise.folder / name, place / name, copied)
        except OSError as error:
            raise cannot_write(place, error) from None
        if copied != before:
            self.progress.change(exercise.name, lambda _, entry: entry.update(copied=copied))
        return place

    def first_file(self, exercise: Exercise) -> str:
        """The file to work on: of several, the first that has not passed; the last one, if all have."""
        return next(iter(self._open(exercise)), exercise.files[-1])

    def next_file(self, exercise: Exercise, file: str) -> str | None:
        """Where to go on from one of several files: to the next that has not passed, or ``None``, out of the exercise.

        Whoever leaves a file that has not passed is not led back to the ones before it.
        """
        left = self._open(exercise) if exercise.parts else []
        later = [name for name in left if exercise.files.index(name) > exercise.files.index(file)]
        return next(iter(later or (left if file not in left else [])), None)

    def _open(self, exercise: Exercise) -> list[str]:
        passed = parts_of(self.progress.entry(exercise.name))
        return [name for name in exercise.files if Path(name).stem not in passed]

    def mark(self) -> None:
        """Make it a folder that is known as a learner's. Raises CannotHere if it cannot be written."""
        try:
            make_folder(self.folder / MARK)
        except OSError as error:
            raise cannot_write(self.folder, error) from None

    def touched(self, exercise: Exercise) -> bool:
        """Whether the learner has changed a file of this exercise."""
        for name in exercise.files:
            path = self.file(exercise, name)
            try:
                if path.read_bytes() != exercise.stub(name).read_bytes():
                    return True
            except FileNotFoundError:
                continue
            except OSError:
                return True
        return False

    def reset(self, exercise: Exercise, name: str | None = None) -> Path | None:
        """Put the stub back; gives the backup of what was there, or ``None`` if there was nothing to keep.

        :raises CannotHere: if the folder cannot be written.
        """
        self.check()
        path = self.file(exercise, name)
        stub = exercise.stub(path.name).read_bytes()
        try:
            was = path.read_bytes() if path.exists() else stub
            backup = None
            if was != stub:
                backup = self._free(exercise, path)
                make_folder(backup.parent)
                replace(backup, was)
            make_folder(path.parent)
            replace(path, stub)
        except OSError as error:
            raise cannot_write(path, error) from None
        return backup

    def _free(self, exercise: Exercise, path: Path) -> Path:
        """A name for a backup that no other has."""
        folder = self.folder / MARK / "backups" / exercise.label
        now = time.strftime("%Y%m%d-%H%M%S")
        names = (f"{path.stem}-{now}{more}{path.suffix}" for more in ("", *(f"-{n}" for n in range(2, 1000))))
        return next(folder / name for name in names if not (folder / name).exists())


def _bring(source: Path, target: Path, copied: dict[str, str]) -> None:
    """Copy ``source`` to ``target`` if nothing is there, or only what was copied before."""
    content = source.read_bytes()
    if target.exists():
        there = digest(target.read_bytes())
        if there == digest(content) or there != copied.get(target.name):
            return
    replace(target, content)
    copied[target.name] = digest(content)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def is_folder(path: Path) -> bool:
    """Whether there is a folder that this user may look at."""
    return _is(path, Path.is_dir)


def _is(path: Path, kind: Callable[[Path], bool]) -> bool:
    try:
        return kind(path)
    except OSError:  # on the way there is a folder that is somebody else's
        return False


def find(given: str | None = None) -> Workbench:
    """The learner's folder: ``given``, that of the environment, one above the current folder, or the checkout's.

    :raises UsageError: if there is none, or what was named is none.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        folder = Path(named).expanduser().absolute()
        if not is_folder(folder / MARK):
            what = "is no learner's folder" if is_folder(folder) else "is not there"
            raise UsageError(f"{folder} {what}.", f"Make it one: `python -m workshop init {named}`.")
        return Workbench(folder)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if is_folder(folder / MARK):
            return Workbench(folder)
    exercises = resources.path("exercises")
    if exercises.parent.name != "_data":  # a checkout, and no installed wheel
        return Workbench(exercises.parent / "workbench")
    raise UsageError("There is no folder for your work here.", f"Make one with {INIT}, and go into it.")


def make(folder: Path, exercises: tuple[Exercise, ...]) -> Workbench:
    """A learner's folder with the files of all exercises. What is there already stays as it is.

    :raises CannotHere: if it cannot be written.
    """
    if _is(folder, Path.is_file):
        raise UsageError(f"{folder} is a file.", "Name a folder, or one that is not there yet.")
    if not exercises:
        raise CannotHere("There are no exercises here.", "Install the program again.")
    workbench = Workbench(folder)
    workbench.mark()
    for exercise in exercises:
        workbench.prepare(exercise)
    return workbench


def read_text(path: Path) -> tuple[str, str]:
    """What is in a file of the learner's, and its version, which changes with the content. Absent is empty.

    :raises WorkshopError: if it cannot be read as text.
    """
    try:
        content = path.read_bytes() if path.exists() else None
        return ("", "absent") if content is None else (content.decode("utf-8"), digest(content))
    except OSError as error:
        raise WorkshopError(f"{path} cannot be read ({error.strerror}).", "Look at its rights.") from None
    except UnicodeDecodeError as error:
        raise WorkshopError(
            f"{path} is not written in UTF-8 (byte {error.start + 1}).", "Save it as UTF-8 in your editor."
        ) from None
