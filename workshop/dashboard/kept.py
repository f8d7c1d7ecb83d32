"""What is kept of a call for the browsers: all of it, or its summary. `static/js/story.js` keeps the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from workshop.journal import Event
from workshop.journal.calls import Call, State

OF_CALL = (
    *("number", "host", "route", "name", "network", "endpoint", "sandbox"),
    *("started", "finished", "status", "error", "duration_ms", "waited_ms", "held_ms", "fault"),
)
SUMMARY = (*OF_CALL, "state", "volume", "printed")
"""What a summary has, in this order."""

LONGEST_ERROR = 500
"""Characters of an error that a summary has."""


@dataclass(slots=True)
class Kept:
    """Beside a call: where its lines came from (``streams``), how many it ``printed``, the ``volume`` that it is about.

    ``row`` is its summary as a JSON list, once that is all that is kept of it, and empty as long as it is whole.
    """

    streams: list[str] = field(default_factory=list)
    printed: int = 0
    volume: str = ""
    row: str = ""

    def learn(self, call: Call, event: Event) -> None:
        """The call has learnt from an event."""
        if event.kind == "output":
            self.printed += 1
            self.streams.append(str(event.data.get("stream") or "stdout"))
        elif event.kind == "call.started":
            self.volume = call.volume
        if self.row:
            self.shorten(call)

    def shorten(self, call: Call) -> None:
        """Keep only the call's summary. One that is under way stays whole."""
        if not self.row and call.state is State.RUNNING:
            return
        self.streams.clear()
        call.request = call.raw = call.answer = None
        call.error = call.error and call.error[:LONGEST_ERROR]
        for some in (call.commands, call.changes, call.output):
            some.clear()
        values = [getattr(call, name) for name in OF_CALL]
        self.row = json.dumps([*values, call.state.value, self.volume, self.printed], separators=(",", ":"))


def told(call: Call, kept: Kept, is_lost: bool) -> dict[str, Any]:
    """A whole call as browsers get it: ``Call.as_dict()``, ``state`` also ``"lost"``, with ``streams`` (of each line of
    ``output`` where it came from: ``stdout``, ``stderr``, ``traceback``), ``printed`` and ``volume``.
    """
    state = "lost" if is_lost and call.state is State.RUNNING else call.state.value
    held = None if state == "lost" else call.held
    more = {"state": state, "held": held, "volume": kept.volume, "printed": kept.printed, "streams": list(kept.streams)}
    return call.as_dict() | more
