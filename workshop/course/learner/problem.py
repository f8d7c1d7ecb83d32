"""What is wrong with a learner's file, as what a finding is made of. Runs in the learner's process."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any


class Problem(Exception):
    """The file cannot be used: ``as_dict()`` has the fields of a finding, ``traceback`` lines to show.

    ``about``, if it is given, is the name of the route that is concerned.
    """

    def __init__(self, title: str, *, line: int | None = None, traceback: Sequence[str] = (), **fields: Any) -> None:
        super().__init__(title)
        self.title, self.line, self.traceback, self.fields = title, line, list(traceback), fields

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"title": self.title, "line": self.line, **self.fields}


def like(name: str, names: Sequence[str]) -> str | None:
    """The one of ``names`` that ``name`` may have been meant to be, or ``None``."""
    plain = {_plain(each): each for each in names}
    if _plain(name) in plain:
        return plain[_plain(name)]
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return found[0] if found else None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
