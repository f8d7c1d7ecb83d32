"""What a slide tells of an exercise: read from its ``exercise.toml``, so that both say the same."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from workshop.errors import WorkshopError


@dataclass(frozen=True)
class Opening:
    """How an exercise begins: ``slide`` is where one reads on, ``commands`` what it proposes to try."""

    number: int
    name: str
    title: str
    goal: str
    routes: tuple[str, ...]
    slide: str
    commands: tuple[str, ...]
    parts: tuple[str, ...]


def opening(folder: Path, number: int) -> Opening:
    """The exercise of that number in ``folder``.

    :raises WorkshopError: if there is none.
    """
    found = sorted(folder.glob(f"{number:02}_*/exercise.toml"))
    if not found:
        raise WorkshopError(f"there is no exercise {number}", "Name one that is in exercises/.")
    try:
        told = tomllib.loads(found[0].read_text(encoding="utf-8"))
        titles = [told["part"][part]["title"] for part in told.get("parts", ())]
        return Opening(
            number,
            found[0].parent.name,
            told["title"],
            told["goal"],
            tuple(told["routes"]),
            told["slide"],
            tuple(told.get("try", ())),
            tuple(titles),
        )
    except (OSError, ValueError, KeyError) as error:
        raise WorkshopError(f"{found[0]} cannot be read ({error})", "Mend it.") from None
