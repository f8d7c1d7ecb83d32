"""The packet walk's routes: from where to where one can go, going, and what was captured.

What came of a walk every browser is told by the journal, as a ``walk`` event; who asked for it gets it at once, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify

from workshop.dashboard import asked
from workshop.dashboard.guard import needs_token
from workshop.dashboard.once import Once
from workshop.errors import UsageError, WorkshopError

LONGEST_NAME = 300
"""Letters of a name that is asked for: a container's has 255 at most, its host's stands before it."""


class Walker(Protocol):
    """Who walks: ``workshop/walk/walker.py``."""

    capture: bytes
    number: int

    def ends(self) -> list[dict[str, Any]]:
        """Where one can begin and end."""

    def walk(self, source: str, target: str, port: int | None = None) -> dict[str, Any]:
        """Walk once; raises WorkshopError."""


def part(walker: Walker) -> Callable[[Any], Blueprint]:
    """The routes over ``walker``, as a part of the dashboard."""

    def make(_emit: Any) -> Blueprint:
        routes = Blueprint("walk", __name__, url_prefix="/api/walk")
        routes.register_error_handler(WorkshopError, asked.explain)

        @routes.get("")
        def ends() -> Any:
            return jsonify(ends=walker.ends())

        @routes.post("")
        @needs_token
        @Once()
        def walk() -> Any:
            return jsonify(walker.walk(*_asked()))

        @routes.get("/<int:number>.pcapng")
        def capture(number: int) -> Any:
            if number != walker.number or not walker.capture:
                return jsonify(error="Only the last walk's capture is kept. Walk again."), 404
            headers = {"Content-Disposition": f'attachment; filename="walk-{number}.pcapng"'}
            return Response(walker.capture, content_type="application/x-pcapng", headers=headers)

        return routes

    return make


def _asked() -> tuple[str, str, int | None]:
    found = asked.body()
    source, target, port = found.get("from"), found.get("to"), found.get("tcp")
    for each in (source, target):
        if not isinstance(each, str) or not 0 < len(each) <= LONGEST_NAME:
            raise UsageError(
                f"An end has a name of 1 to {LONGEST_NAME} letters.", "Name a container, `host` or `outside`."
            )
    if port is not None and (not isinstance(port, int) or isinstance(port, bool)):
        raise UsageError("`tcp` must be a port, or null for a ping.")
    return str(source), str(target), port
