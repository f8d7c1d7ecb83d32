"""Where slides take from what they do not say themselves: recordings, pictures of networks, exercises."""

from __future__ import annotations

from pathlib import Path

from workshop.deck.exercises import Opening, opening
from workshop.deck.pictures import Pictures
from workshop.deck.recordings import Recordings


class Sources:
    """All that is beside the slides in ``folder``, and the ``exercises``; read when it is asked for."""

    def __init__(self, folder: Path, exercises: Path) -> None:
        self.recordings = Recordings(folder)
        self.pictures = Pictures(folder)
        self._exercises = exercises

    def exercise(self, number: int) -> Opening:
        """How an exercise begins.

        :raises WorkshopError: if there is none of that number.
        """
        return opening(self._exercises, number)
