"""One event, and the kinds there are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

KINDS = {
    "call.started": "Docker made a call: route, request, and the network and endpoint it is about.",
    "call.finished": "The call was answered: status, answer, error, how long it took.",
    "call.held": "A breakpoint holds the call, or let it go.",
    "kernel": "The kernel was told something, written as the equivalent command.",
    "topology": "The network changed: what appeared, what went, what is different.",
    "output": "A line that a handler printed or logged.",
    "verdict": "An exercise was judged.",
    "docker": "What Docker did or knows: names of networks and containers, containers that came and went.",
    "walk": "A packet was followed through the network: its hops, and why it ended where it did.",
    "notice": "Something a person should know.",
}
"""What each kind of event tells."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    ``seq`` counts from 1 without gaps, ``at`` is seconds since 1970, ``kind`` is one of ``KINDS``, ``call``
    is the number of the call it belongs to (or ``None``), ``data`` is a JSON object whose keys depend on the
    kind.
    """

    seq: int
    at: float
    kind: str
    call: int | None
    data: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The event as the JSON object that exports, browsers and scripts get."""
        return {"seq": self.seq, "at": self.at, "kind": self.kind, "call": self.call, "data": self.data}

    def as_json(self) -> str:
        """The event as one line of JSON."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))
