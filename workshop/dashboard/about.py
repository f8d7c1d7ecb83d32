"""All that is known of one link or namespace, for the panel beside the picture. It only reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, jsonify, request

from workshop.errors import WorkshopError

LONGEST_ID = 100
"""Characters of an ID: a device, an inode and an index are far less."""


class About(Protocol):
    """Who asks the kernel. Both raise a WorkshopError if what is asked for is gone."""

    def all(self, identity: str) -> dict[str, Any]:
        """Everything of the link or namespace with that ID."""

    def counters(self, identity: str) -> dict[str, Any]:
        """Only what changes all the time."""


def part(about: About) -> Callable[[Any], Blueprint]:
    """The part ``about`` of a dashboard, to be given to it."""

    def make(_emit: Any) -> Blueprint:
        routes = Blueprint("about", __name__, url_prefix="/api/about")

        def answer(ask: Callable[[str], dict[str, Any]]) -> Any:
            identity = request.args.get("id", "")
            if not identity or len(identity) > LONGEST_ID:
                return jsonify(error="`id` must be the ID of a link or namespace."), 400
            try:
                return jsonify(ask(identity))
            except WorkshopError as error:
                return jsonify(error=str(error)), 404

        @routes.get("")
        def everything() -> Any:
            return answer(about.all)

        @routes.get("/counters")
        def counters() -> Any:
            return answer(about.counters)

        return routes

    return make
