"""Calls for programs: one JSON object on each line, IDs in full, in plain ASCII."""

from __future__ import annotations

import json
from collections.abc import Iterable

from workshop.journal.calls import Call


def json_line(call: Call) -> str:
    """One call as one line of JSON, without the end of line."""
    return json.dumps(call.as_dict(), separators=(",", ":"))


def json_lines(calls: Iterable[Call]) -> str:
    """Calls as JSON lines."""
    return "".join(json_line(call) + "\n" for call in calls)
