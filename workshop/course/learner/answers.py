"""What is wrong with what a handler gave back. Runs in the learner's process."""

from __future__ import annotations

import inspect
import json
import math
from typing import Any

LONGEST = 1 << 20
"""Bytes of JSON that an answer may have; Docker's own are a few hundred."""


class Unfit(Exception):
    """An answer that cannot go to Docker: ``kind`` for programs, the text for people."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def as_json(given: Any) -> str:
    """An answer as JSON. Raises Unfit."""
    if given is None:
        raise Unfit("nothing", "it answered nothing (None); end it with `return {…}`, `return {}` at least")
    if inspect.iscoroutine(given) or inspect.isgenerator(given) or inspect.isasyncgen(given):
        raise Unfit("answer", f"it answered a {type(given).__name__} that nobody has run; answer a dict")
    if not isinstance(given, dict):
        raise Unfit("answer", f"it answered {_a(given)}; answer a dict, which becomes a JSON object")
    try:
        text = json.dumps(given, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unfit("answer", f"its answer cannot be written as JSON: {_wrong(given, '', ()) or error}") from None
    if len(text) > LONGEST:
        raise Unfit(
            "answer", f"its answer has {len(text) / LONGEST:.1f} MB; 1 MB is the most, and far more than needed"
        )
    return text


def _wrong(value: Any, path: str, above: tuple[int, ...]) -> str | None:
    """The first thing that is no JSON, as ``Interface.Address is a set``."""
    name = path or "it"
    if isinstance(value, (dict, list, tuple)):
        if id(value) in above:
            return f"{name} is inside of itself"
        if len(above) > 100:
            return f"{name[:80]}… is more than 100 objects deep"
        above = (*above, id(value))
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, (str, int, float, bool, type(None))):
                    return f"the key {key!r:.60} of {name} is {_a(key)}; keys are strings"
                if (found := _wrong(item, f"{path}.{key}".lstrip("."), above)) is not None:
                    return found
            return None
        found_in = (_wrong(item, f"{path}[{number}]", above) for number, item in enumerate(value))
        return next((found for found in found_in if found is not None), None)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{name} is {value}, which JSON has no number for"
    if isinstance(value, (str, int, float, type(None))):
        return None
    remedy = {bytes: "; decode() it", set: "; make it a list with sorted()"}.get(
        type(value), "; str() may be what you want"
    )
    return f"{name} is {_a(value)}{remedy}"


def _a(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
