"""A new exercise's folder, from a template, with what is still to be written marked as TODO."""

from __future__ import annotations

import re
from pathlib import Path

from workshop import resources
from workshop.course import exercise as exercises
from workshop.course.files import cannot_write
from workshop.errors import UsageError, WorkshopError
from workshop.protocol import BY_NAME

_LABEL = re.compile(r"(\d\d)_([a-z][a-z0-9_]*)")


def make(label: str, route: str | None = None, folder: Path | None = None) -> Path:
    """Make the folder ``NN_name``; gives it. ``route`` is what the learner writes; the name's, if there is one.

    :raises UsageError: if the name is none, or number or name are taken, or there is no such route.
    :raises WorkshopError: if it cannot be written.
    """
    folder = folder or resources.path("exercises")
    if folder.parent.name == "_data":  # an installed wheel
        raise UsageError("New exercises are made in the project's source.", "Go into a checkout of it.")
    number, name = _parted(label)
    for other in exercises.folders(folder):
        taken = "number" if other.name[:2] == number else "name" if other.name[3:] == name else ""
        if taken:
            raise UsageError(f"{other.name} has that {taken} already.", f"Choose another {taken}.")
    place = folder / label
    try:
        texts = _filled(number, name, route or (name if name in BY_NAME else "create_network"))
        place.mkdir()
        for file, text in texts.items():
            (place / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise cannot_write(place, error) from None
    return place


def _parted(label: str) -> tuple[str, str]:
    match = _LABEL.fullmatch(label)
    if match is None:
        raise UsageError(f"{label!r} is no name for an exercise.", "Call it NN_name, such as 17_my_driver.")
    return match[1], match[2]


def _filled(number: str, name: str, route: str) -> dict[str, str]:
    if route not in BY_NAME:
        raise UsageError(f"There is no route {route!r}.", f"There are {', '.join(BY_NAME)}.")
    about = BY_NAME[route]
    request = about.request.__name__ if about.request is not None else "Empty"
    answer = about.answer.__name__
    words = {
        "__NUMBER__": str(int(number)),
        "__ROUTE__": route,
        "__FULL_ROUTE__": about.full_name,
        "__REQUEST__": request,
        "__ANSWER__": answer,
        "__TYPES__": ", ".join(sorted({request, answer})),
        "__WHAT__": about.meaning,
    }
    found = {}
    for path in sorted((resources.path("templates") / "exercise").iterdir()):
        text = path.read_text(encoding="utf-8")
        for mark, word in words.items():
            text = text.replace(mark, word)
        found[path.name.removesuffix(".in")] = text
    if not found:
        raise WorkshopError("This installation has no template for exercises.", "Install the program again.")
    return found
