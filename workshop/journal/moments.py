"""The moments of a session: one after each call, and one before the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workshop.journal.event import Event

KEPT = 10_000
"""How many of the newest calls have a moment."""


@dataclass(slots=True)
class Moment:
    """One call: the number of the event that it began with, and of the one that ended it (``None``: not yet).

    ``at`` is when it ended, or as long as it has not, when it began: seconds since 1970.
    """

    call: int
    began: int
    done: int | None
    at: float
    failed: bool = False

    def as_row(self) -> list[Any]:
        """As the page gets it: ``[call, began, done, at, failed]``."""
        return [self.call, self.began, self.done, self.at, self.failed]


class Moments:
    """The calls that the events told of, in the order in which they began. `static/js/times.js` does the same."""

    def __init__(self) -> None:
        self._moments: dict[int, Moment] = {}
        self._first = 0

    def take(self, event: Event) -> None:
        """Learn from one event."""
        if self._first == 0:
            self._first = event.seq
        if event.call is None or event.kind not in ("call.started", "call.finished"):
            return
        moment = self._moments.get(event.call)
        if moment is None:
            moment = self._moments[event.call] = Moment(event.call, event.seq, None, event.at)
            while len(self._moments) > KEPT:
                del self._moments[next(iter(self._moments))]
        if event.kind == "call.finished":
            failed = event.data.get("error") is not None or (event.data.get("status") or 0) >= 400
            moment.done, moment.at, moment.failed = event.seq, event.at, failed

    def forget(self, first: int) -> None:
        """The journal no longer has what came before event ``first``: neither do we."""
        self._first = max(self._first, first)
        while self._moments:
            oldest = next(iter(self._moments.values()))
            if oldest.began >= first:
                return
            del self._moments[oldest.call]

    def rows(self) -> list[list[Any]]:
        """Every call, oldest first: see ``Moment.as_row``."""
        return [moment.as_row() for moment in self._moments.values()]

    def ends(self, last: int) -> Iterator[tuple[int | None, int]]:
        """Each moment as a call's number (``None``: before the first call) and the event that it comes after.

        What happens between a call's answer and the next call is what Docker did with the answer, so a call's moment is
        the last before the next one begins. ``last`` is the newest event.
        """
        moments = list(self._moments.values())
        yield None, max(moments[0].began - 1 if moments else last, self._first)
        befores = [moment.began - 1 for moment in moments[1:]]
        for moment, before in zip(moments, [*befores, last], strict=False):
            yield moment.call, max(moment.done or 0, before)
