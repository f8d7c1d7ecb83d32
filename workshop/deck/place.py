"""Where the presenter is: a slide, and how many steps of it are shown. Numbered, so that the newest wins."""

from __future__ import annotations

import secrets
import threading
from typing import Any


class Place:
    """The presenter's place: nowhere, until the first move. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slide, self._step, self._number = "", 0, 0
        self._session = secrets.token_hex(8)

    def now(self) -> dict[str, Any]:
        """``slide`` (its ID), ``step``, ``number`` (counts the moves) and ``session`` (of whom they are counted)."""
        with self._lock:
            return {
                "slide": self._slide,
                "step": self._step,
                "number": self._number,
                "session": self._session,
            }

    def move(self, slide: str, step: int) -> dict[str, Any]:
        """Go somewhere; gives the place as ``now`` does."""
        with self._lock:
            self._slide, self._step, self._number = slide, step, self._number + 1
        return self.now()
