"""A talk's chapters on the page: where it is, and the presses that take it on. These need the session's token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, jsonify

from workshop.dashboard import asked
from workshop.dashboard.guard import needs_token
from workshop.errors import UsageError, WorkshopError


class Talk(Protocol):
    """A talk that is being given; its methods are called from several threads at once."""

    def state(self) -> dict[str, Any]:
        """All that the page shows of it."""

    def on_change(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Have ``listener`` called with each new state."""

    def press(self, *, after: int | None = None, chapter: str | None = None) -> None:
        """Go on, or to a chapter; refused with a ``WorkshopError``."""


def part(talk: Talk) -> Callable[[Callable[[str, Any], None]], Blueprint]:
    """The part of the dashboard that shows ``talk``: see ``Dashboard``."""

    def make(emit: Callable[[str, Any], None]) -> Blueprint:
        routes = Blueprint("talk", __name__, url_prefix="/api/talk")
        routes.register_error_handler(WorkshopError, asked.explain)
        talk.on_change(lambda state: emit("talk", state))

        @routes.get("")
        def state() -> Any:
            return jsonify(talk.state())

        @routes.post("/press")
        @needs_token
        def press() -> Any:
            body = asked.body()
            after, chapter = body.get("after"), body.get("chapter")
            if type(after) is not int or not isinstance(chapter, (str, type(None))):
                raise UsageError(
                    "`after` must be the number of the chapter that is shown, `chapter` the name of another."
                )
            talk.press(after=after, chapter=chapter)
            return jsonify({})

        return routes

    return make
