"""``slides/calls.json`` made from the transcripts: ``python -m tests.deck.excerpt > slides/calls.json``."""

from __future__ import annotations

import json
from typing import Any

from tests.support.pages import ROOT

TRANSCRIPTS = ROOT / "tests" / "transcripts"

WANTED = (
    ("volumes-28.5", "28.5", "VolumeDriver.Create"),
    ("volumes-28.5", "28.5", "VolumeDriver.Mount"),
    ("volumes-28.5", "28.5", "VolumeDriver.Unmount"),
)
"""Transcript, whose call it is, and route: of each the first call."""


def rows() -> list[dict[str, Any]]:
    """The calls, each with the command that was typed."""
    return [_first(name, engine, route) for name, engine, route in WANTED]


def _first(name: str, engine: str, route: str) -> dict[str, Any]:
    for step in json.loads((TRANSCRIPTS / f"{name}.json").read_text()):
        for call in step.get("calls", ()):
            if call["path"] == f"/{route}":
                return {
                    "from": name,
                    "engine": engine,
                    "command": step["command"],
                    "route": route,
                    "request": call["body"],
                    "answer": call["response"],
                }
    raise LookupError(f"{name} has no {route}")


if __name__ == "__main__":
    print(json.dumps(rows(), indent=1))
