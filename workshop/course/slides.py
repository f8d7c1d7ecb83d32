"""Which slides the deck has, by name: nobody is sent to one that there is not."""

from __future__ import annotations

import functools
from pathlib import Path

from workshop import resources
from workshop.deck import parse
from workshop.errors import WorkshopError


def names(folder: Path | None = None) -> frozenset[str]:
    """The names of all slides in ``folder`` (default: the deck), such as ``join``."""
    folder = folder or resources.path("slides")
    return _names(folder, tuple(sorted((path, path.stat().st_mtime_ns) for path in folder.glob("*.md"))))


@functools.lru_cache(maxsize=4)
def _names(folder: Path, as_it_is: tuple[tuple[Path, int], ...]) -> frozenset[str]:
    """The same; the deck is read again when its files have changed: this is asked for at every verdict."""
    try:
        return frozenset(slide.id for slide in parse.slides(parse.deck(folder)))
    except WorkshopError:  # a deck that cannot be read has nothing to be sent to
        return frozenset()
