"""The catalogue: every exercise as data, read from the folders ``exercises/NN_name/``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workshop import resources
from workshop.errors import CannotHere, UsageError, WorkshopError
from workshop.lab.engine.versions import VERSIONS
from workshop.protocol import BY_NAME

FACTS, TASK, STUB, SOLUTION, CHECKS, HINTS = (
    "exercise.toml",
    "README.md",
    "handler.py",
    "solution.py",
    "checks.py",
    "hints.md",
)
"""The files of an exercise's folder."""

_SECTION = re.compile(r"^# (\w+)\b.*$", re.MULTILINE)
_FOLDER = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")
_HINT = re.compile(r"^## Hint\b[ \d]*[:.]?[ ]*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """One of several parts of an exercise: what it is about in a few words, and what one would type next."""

    title: str = ""
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise. ``files`` are the learner's, in order: ``handler.py``, or one for each of several parts.

    ``routes`` are those that the learner writes (snake case), ``driver`` answers the others. ``hosts`` is how many
    hosts the lab has, ``engine`` which Docker the practice engine plays, ``commands`` what one would type next.
    ``about`` says more of parts, by their names.
    """

    number: int
    name: str
    folder: Path
    title: str
    goal: str
    routes: tuple[str, ...]
    slide: str
    next: str
    driver: str = "bridge"
    hosts: int = 1
    engine: str = "28.5"
    commands: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    about: Mapping[str, Part] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """What its folder is called, here and with the learner: ``03_create_network``."""
        return f"{self.number:02}_{self.name}"

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the learner edits."""
        return tuple(f"{part}.py" for part in self.parts) or (STUB,)

    def part_of(self, file: str) -> str | None:
        """The part that one of ``files`` is, or ``None`` in an exercise without parts."""
        return Path(file).stem if self.parts else None

    def part(self, file: str) -> Part:
        """What the part is about that one of ``files`` is; without parts, the exercise."""
        usual = Part("", self.commands)
        found = self.about.get(Path(file).stem, usual) if self.parts else usual
        return found if found.commands else replace(found, commands=self.commands)

    def stub(self, file: str) -> Path:
        """What the learner begins with."""
        return self.folder / file

    def solution(self, file: str) -> Path:
        """One right answer for one of ``files``."""
        return self.folder / "solution" / file if self.parts else self.folder / SOLUTION

    @property
    def checks(self) -> Path:
        """The module that judges."""
        return self.folder / CHECKS

    def task(self) -> str:
        """The task, as Markdown. Raises WorkshopError if it is missing."""
        return _text(self.folder / TASK)

    def hints(self, part: str | None = None) -> tuple[str, ...]:
        """The hints, from nudge to nearly there, each as Markdown; what its heading says beyond ``Hint 1:`` is bold.

        In an exercise of several parts, those of one ``part``: they are below its name as a heading, ``# bug_1``.

        :raises WorkshopError: if they are missing.
        """
        text = _text(self.folder / HINTS)
        if part is not None:
            _, *sections = _SECTION.split(text)
            text = "".join(body for name, body in zip(sections[::2], sections[1::2], strict=True) if name == part)
        _, *parts = _HINT.split(text)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return tuple("\n\n".join(filter(None, (title and f"**{title}**", body.strip()))) for title, body in pairs)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WorkshopError(f"{path} cannot be read ({_why(error)}).", _REPAIR) from None


_REPAIR = "Mend the exercise, or install the program again."


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def catalogue(folder: Path | None = None, broken: list[WorkshopError] | None = None) -> tuple[Exercise, ...]:
    """All exercises, by number. ``folder`` is where they are, if not where the program's are.

    :param broken: takes the faults of exercises that cannot be read, which are left out then.
    :raises WorkshopError: if one cannot be read, or two have the same number or name, and ``broken`` is not given.
    """
    found: list[Exercise] = []
    for place in folders(folder):
        try:
            exercise = read(place)
            for other in found:
                if exercise.number == other.number or exercise.name == other.name:
                    same = "number" if exercise.number == other.number else "name"
                    raise WorkshopError(f"{place} has the same {same} as {other.folder}.", f"Give one another {same}.")
            found.append(exercise)
        except WorkshopError as error:
            if broken is None:
                raise
            broken.append(error)
    return tuple(found)


def folders(folder: Path | None = None) -> list[Path]:
    """The folders of all exercises, by number."""
    folder = folder or resources.path("exercises")
    return sorted(path for path in folder.iterdir() if _FOLDER.fullmatch(path.name) and path.is_dir())


def find(which: str | int, folder: Path | None = None) -> Exercise:
    """The exercise of a number (``3``, ``"03"``) or a name (``create_network``, ``03_create_network``).

    :raises UsageError: if there is none.
    :raises WorkshopError: if it cannot be read.
    """
    wanted = str(which).strip().lower().replace("-", "_")
    places = {match.group(0): match for place in folders(folder) if (match := _FOLDER.fullmatch(place.name))}
    for label, match in places.items():
        number, name = match.groups()
        if wanted in (label, name) or (wanted.isdecimal() and int(wanted) == int(number)):
            return read((folder or resources.path("exercises")) / label)
    if not places:
        raise CannotHere("There are no exercises here.", _REPAIR)
    numbers = sorted(int(match[1]) for match in places.values())
    runs = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
    raise UsageError(f"There is no exercise {str(which)!r}.", f"There are {runs}: see `python -m workshop list`.")


def read(folder: Path) -> Exercise:
    """The exercise in one folder.

    :raises WorkshopError: naming the file and the key that is wrong.
    """
    match = _FOLDER.fullmatch(folder.name)
    if match is None:
        raise WorkshopError(f"{folder.name} is no name for an exercise.", "Call its folder NN_name, such as 03_join.")
    path = folder / FACTS
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkshopError(f"{path} cannot be read: {_why(error)}.", _REPAIR) from None
    for key in facts:
        if key not in _KEYS:
            raise WorkshopError(f"{path}: there is no key `{key}`.", f"There are {', '.join(_KEYS)}.")
    known: dict[str, Any] = {}
    for key, (needed, wrong) in _KEYS.items():
        if key in facts:
            problem = wrong(facts[key])
            if problem:
                raise WorkshopError(f"{path}: `{key}` {problem}.", _REPAIR)
            known[key] = tuple(facts[key]) if isinstance(facts[key], list) else facts[key]
        elif needed:
            raise WorkshopError(f"{path}: the key `{key}` is missing.", _REPAIR)
    commands = known.pop("try", ())
    tables = known.pop("part", {})
    for name in tables:
        if name not in known.get("parts", ()):
            raise WorkshopError(f"{path}: `part.{name}` is about none of the `parts`.", _REPAIR)
    about = {name: Part(table.get("title", ""), tuple(table.get("try", ()))) for name, table in tables.items()}
    return Exercise(number=int(match[1]), name=match[2], folder=folder, commands=commands, about=about, **known)


_Wrong = Callable[[Any], str | None]
"""Says what is wrong with a value, or ``None``."""


def _no_text(value: Any) -> str | None:
    return None if isinstance(value, str) and value.strip() else "must be a text"


def _no_texts(value: Any) -> str | None:
    good = isinstance(value, list) and not any(map(_no_text, value))
    return None if good else "must be a list of texts"


def _no_routes(value: Any) -> str | None:
    unknown = [] if _no_texts(value) or not value else [name for name in value if name not in BY_NAME]
    if _no_texts(value) or not value:
        return 'must be a list of routes, such as ["create_network"]'
    return f"names {unknown[0]!r}, which is no route" if unknown else None


def _no_parts(value: Any) -> str | None:
    wrong = _no_texts(value) or any(not re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in value)
    return "must be a list of names of files, without .py" if wrong else None


def _no_tables(value: Any) -> str | None:
    wrongs: dict[str, _Wrong] = {"title": _no_text, "try": _no_texts}
    for name, table in value.items() if isinstance(value, dict) else [("", None)]:
        if not isinstance(table, dict) or not table.keys() <= wrongs.keys():
            return f"must have tables such as `[part.{name or 'bug_1'}]`, with `title` and `try`"
        for key, wrong in wrongs.items():
            if key in table and wrong(table[key]):
                return f"has `{name}.{key}`, which {wrong(table[key])}"
    return None


def _no_hosts(value: Any) -> str | None:
    return None if value in (1, 2) and not isinstance(value, bool) else "must be 1 or 2"


def _no_engine(value: Any) -> str | None:
    return None if value in VERSIONS else f"must be one of {', '.join(VERSIONS)}"


_KEYS: dict[str, tuple[bool, _Wrong]] = {
    "title": (True, _no_text),
    "goal": (True, _no_text),
    "routes": (True, _no_routes),
    "slide": (True, _no_text),
    "next": (True, _no_text),
    "driver": (False, _no_text),
    "hosts": (False, _no_hosts),
    "engine": (False, _no_engine),
    "try": (False, _no_texts),
    "parts": (False, _no_parts),
    "part": (False, _no_tables),
}
"""Every key of ``exercise.toml``: whether it is needed, and what finds it wrong."""
