"""Nothing is left of a start that was refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

OURS = ("journal.db*", "store.db*")
"""What a plugin keeps in its state folder."""


class Fresh:
    """Folders that are about to be made, if need be. Use it in a ``with``.

    Those that were not there at the beginning are removed at its end, with what is ``OURS`` in them, unless ``keep``
    was called. A folder with anything else in it stays.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = [folder for folder in folders if not folder.exists()]
        self._missing = [part for folder in self._folders for part in (folder, *folder.parents) if not part.exists()]

    def keep(self) -> None:
        """Let all of them stay."""
        self._folders, self._missing = [], []

    def __enter__(self) -> Fresh:
        return self

    def __exit__(self, *_: object) -> None:
        for folder in self._folders:
            for pattern in OURS:
                for path in folder.glob(pattern):
                    path.unlink(missing_ok=True)
        for part in self._missing:
            with contextlib.suppress(OSError):
                part.rmdir()
