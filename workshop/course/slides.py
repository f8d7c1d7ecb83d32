"""Which slides the deck has, by name: nobody is sent to one that there is not."""

from __future__ import annotations

import re
from pathlib import Path

from workshop import resources
from workshop.errors import WorkshopError

_NAME = re.compile(r"""\bid=["']([^"']+)["']""")


def names(folder: Path | None = None) -> frozenset[str]:
    """The slides of the Markdown files in ``folder`` (default: the deck) that have a name: ``id="join"``."""
    try:
        files = sorted((folder or resources.path("slides")).glob("*.md"))
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in files if path.name != "README.md"]
    except (OSError, WorkshopError):  # a deck that cannot be read has nothing to be sent to
        return frozenset()
    return frozenset(name for text in texts for name in _NAME.findall(text))
