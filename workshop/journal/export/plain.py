"""Calls for people: the same blocks as in the terminal log, without colours."""

from __future__ import annotations

import io
from collections.abc import Iterable

from workshop.journal.calls import Call, Names


def text(calls: Iterable[Call], names: Names | None = None) -> str:
    """Calls as readable blocks. ``names`` knows what networks and containers are called."""
    from workshop.journal.text import block, rendered

    known = names or Names()
    return "".join(rendered(block(call, known), io.StringIO(), color=False) for call in calls)
