"""What calls, kernel and picture say of a fault: the places where one looks for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from workshop.journal import Event
from workshop.journal.calls import Call, Calls
from workshop.topology import graph as graphs

PATIENCE = 1.0
"""Seconds in which what should be gone has to go; the picture calls it left over after less."""


def left_over(graph: graphs.Graph, host: str) -> list[dict[str, Any]]:
    """The links on a host that belong to what was deleted, those that are plugged into something first."""
    spaces = [space for owner, space in graphs.namespaces(graph) if owner["name"] == host and space["root"]]
    found = [link for space in spaces for link in space["links"] if link["left_over"]]
    return sorted(found, key=lambda link: link["master"] is None)


def look(host: str, graph: Callable[[], graphs.Graph], events: Callable[[], list[Event]]) -> list[str]:
    """What there is to be found on a host, line by line: what the kernel refused, and how that was answered; what is
    left over, which call made it, and after which it should be gone.
    """
    deadline = time.monotonic() + PATIENCE
    while not (left := left_over(graph(), host)) and time.monotonic() < deadline:
        time.sleep(0.05)
    calls = [call for call in Calls(events()) if call.host == host]
    lines = [line for call in calls for line in _refused(call)]
    for link in left:
        maker = next((call for call in calls if call.number == link["made_by"]), None)
        remover = next((call for call in reversed(calls) if call.endpoint == link["endpoint"]), None)
        lines.append(f"left over on {host}: {link['name']}")
        lines += [f"    made by {_named(maker)}"] if maker else []
        lines += [f"    still there after {_named(remover)}, which answered {_answer(remover)}"] if remover else []
    return lines if left else [*lines, f"Nothing is left over on {host}."]


def _refused(call: Call) -> Iterator[str]:
    failed = [command for command in call.commands if command.error]
    if failed:
        yield f"{_named(call)}, which answered {_answer(call)}"
    for command in failed:
        yield f"    {command.command}"
        yield f"    the kernel: {command.error}"


def _named(call: Call) -> str:
    return f"call {call.number}, {call.route.rpartition('.')[2]}"


def _answer(call: Call) -> str:
    return f"the error {call.error!r}" if call.error else "{}: all is well" if call.answer == {} else str(call.answer)
