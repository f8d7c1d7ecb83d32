"""Which slides the deck has, by name: nobody is sent to one that there is not."""

from __future__ import annotations

from pathlib import Path

from workshop import resources
from workshop.deck import parse
from workshop.errors import WorkshopError


def names(folder: Path | None = None) -> frozenset[str]:
    """The names of all slides in ``folder`` (default: the deck), such as ``join``."""
    try:
        return frozenset(slide.id for slide in parse.slides(parse.deck(folder or resources.path("slides"))))
    except WorkshopError:  # a deck that cannot be read has nothing to be sent to
        return frozenset()
