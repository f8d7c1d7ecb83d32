"""A walk's result for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

LATER = {"there": "There", "back": "Back"}


def lines(result: dict[str, Any], harmless: Callable[[str], str] = str) -> Iterator[str]:
    """The result, line by line. ``harmless`` takes out of each text what a terminal would obey."""
    yield harmless(result["summary"])
    way = None
    wide = max((len(harmless(f"{hop['where']} {hop['name']}")) for hop in result["hops"]), default=0)
    for number, hop in enumerate(result["hops"]):
        if hop["way"] != way:
            way = hop["way"]
            yield ""
            yield LATER[way]
        place = harmless(f"{hop['where']} {hop['name']}")
        yield f"{number + 1:>4}  {place:<{wide}}  {hop['direction']:<3}  {harmless(hop['packet'])}"
        for each in hop["decided"]:
            yield f"      {each['kind']:>8}  {harmless(each['text'])}"
    if result["left_off"]:
        yield f"      … and {result['left_off']} more"
    if reason := result["reason"]:
        yield ""
        at = result["hops"][result["stopped"]] if result["stopped"] is not None else None
        word = "Refused" if result["outcome"] == "refused" else "Seen last"
        yield f"{word} at {harmless(at['name'])} of {harmless(at['where'])}." if at else "It was seen nowhere."
        yield f"    why      {harmless(reason['text'])}"
        for word in ("rule", "missing"):
            if reason[word]:
                yield f"    {word:<7}  {harmless(reason[word])}"
