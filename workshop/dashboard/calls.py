"""What is asked about calls: one with all that it has, as a command, calls as a file, and the table of the protocol."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from workshop.dashboard.story import Story
from workshop.journal import Journal, export
from workshop.journal.calls import Call, Calls

PluginOf = Callable[[str | None], str | None]
"""Where the plugin of a host listens, as ``export.curl`` takes it; ``None`` if nobody knows."""

FORMATS = {
    "har": ("application/json", "har"),
    "jsonl": ("application/jsonl", "jsonl"),
    "sh": ("text/x-shellscript", "sh"),
    "curl": ("text/x-shellscript", "curl.sh"),
}
"""What calls can be downloaded as: media type, and how the file's name ends."""

_RANGES = re.compile(r"\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*", re.ASCII)
_GONE = "This call is no longer kept: the journal has only the newest events."
_WRONG = "`calls` must be numbers of calls and ranges of them, such as 1-40,42."


def make_blueprint(journal: Journal, story: Story, plugin_of: PluginOf) -> Blueprint:
    """The routes about calls. All of them only read."""
    routes = Blueprint("calls", __name__)

    def find(number: int) -> Call | None:
        calls = Calls(journal.of_call(number)) if number < 2**63 else ()
        return next(iter(calls), None)

    @routes.get("/api/calls/<int:number>")
    def call(number: int) -> Any:
        found = story.whole(journal.of_call(number)) if number < 2**63 else []
        return jsonify(found[0]) if found else (jsonify(error=_GONE), 404)

    @routes.get("/api/calls/<int:number>/curl")
    def curl(number: int) -> Any:
        found = find(number)
        if found is None:
            return jsonify(error=_GONE), 404
        return jsonify(curl=export.curl(found, plugin_of(found.host)))

    @routes.get("/api/export/<form>")
    def download(form: str) -> Any:
        if form not in FORMATS:
            return jsonify(error=f"There is no format {form}; there are {', '.join(FORMATS)}."), 404
        asked = request.args.get("calls")
        if asked is not None and not _RANGES.fullmatch(asked):
            return jsonify(error=_WRONG), 400
        kept = story.numbers()
        wanted = kept if asked is None else _chosen(kept, asked)
        calls = (found for number in wanted if (found := find(number)) is not None)
        kind, ending = FORMATS[form]
        name = f"calls.{ending}" if len(wanted) != 1 else f"call-{wanted[0]}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(_written(form, calls), mimetype=kind, headers=headers)

    def _written(form: str, calls: Iterator[Call]) -> str | Iterator[str]:
        if form == "har":
            return export.har(calls)
        if form == "sh":
            return export.script(calls, story.names())
        if form == "curl":
            return (f"{export.curl(call, plugin_of(call.host))}\n" for call in calls)
        return (f"{export.json_line(call)}\n" for call in calls)

    @routes.get("/api/protocol")
    def protocol() -> Any:
        return jsonify(_explained())

    return routes


def _chosen(kept: list[int], asked: str) -> list[int]:
    """Those of the ``kept`` numbers that are ``asked`` for."""
    wanted: set[int] = set()
    for part in asked.split(","):
        first, _, last = part.partition("-")
        begin, end = int(first), int(last or first)
        wanted.update(number for number in kept if begin <= number <= end)
    return [number for number in kept if number in wanted]


@functools.cache
def _explained() -> dict[str, Any]:
    from workshop.protocol.explained import table

    return table()
