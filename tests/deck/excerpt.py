"""``slides/calls.json`` made from the transcripts: ``python -m tests.deck.excerpt > slides/calls.json``."""

from __future__ import annotations

import json
from typing import Any

from tests.support.pages import ROOT

TRANSCRIPTS = ROOT / "tests" / "transcripts"

WANTED = (
    ("docker-28.5", "28.5", "NetworkDriver.GwAllocCheck"),
    ("docker-28.5", "28.5", "NetworkDriver.CreateNetwork"),
    ("docker-28.5", "28.5", "NetworkDriver.CreateEndpoint"),
    ("docker-28.5", "28.5", "NetworkDriver.Join"),
    ("docker-28.5", "28.5", "NetworkDriver.ProgramExternalConnectivity"),
    ("docker-28.5", "28.5", "NetworkDriver.EndpointOperInfo"),
    ("docker-28.5", "28.5", "NetworkDriver.RevokeExternalConnectivity"),
    ("docker-28.5", "28.5", "NetworkDriver.Leave"),
    ("docker-28.5", "28.5", "NetworkDriver.DeleteEndpoint"),
    ("docker-28.5", "28.5", "NetworkDriver.DeleteNetwork"),
    ("volumes-28.5", "28.5", "Plugin.Activate"),
    ("volumes-28.5", "28.5", "NetworkDriver.GetCapabilities"),
    ("volumes-28.5", "28.5", "VolumeDriver.Create"),
    ("volumes-28.5", "28.5", "VolumeDriver.Mount"),
    ("swarm-28.5-manager-26.1-worker", "28.5", "NetworkDriver.AllocateNetwork"),
    ("swarm-28.5-manager-26.1-worker", "28.5", "NetworkDriver.FreeNetwork"),
    ("swarm-28.5-manager-26.1-worker", "26.1", "NetworkDriver.DiscoverNew"),
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
