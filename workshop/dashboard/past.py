"""The session's time: what the network was after each call. It only reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, jsonify, request

from workshop.dashboard.feed import Picture, take_picture, wish_in
from workshop.errors import WorkshopError

_WRONG = "`seq` must be the number of an event."


class Past(Protocol):
    """Who knows what was. ``at`` raises a WorkshopError if that is not known any more."""

    def at(self, seq: int) -> Picture:
        """The network after an event."""

    def rows(self) -> list[list[Any]]:
        """Each call as ``[call, began, done, at, failed]``, ``began`` and ``done`` as numbers of events."""

    def bounds(self) -> tuple[int, int]:
        """The numbers of the oldest and the newest event."""


def part(past: Past, *, is_live: bool = True) -> Callable[[Any], Blueprint]:
    """The part ``past`` of a dashboard; of a recording, which ``is_live`` is false for, the part ``recording``."""

    def make(_emit: Any) -> Blueprint:
        routes = Blueprint("past" if is_live else "recording", __name__)

        @routes.get("/api/times")
        def times() -> Any:
            rows = past.rows()
            first, last = past.bounds()
            return jsonify(first=first, last=last, calls=rows)

        @routes.get("/api/at")
        def at() -> Any:
            text = request.args.get("seq", "")
            if not (text.isascii() and text.isdigit() and len(text) < 16):
                return jsonify(error=_WRONG), 400
            try:
                wish = wish_in(request.args)
                was = past.at(int(text))
            except ValueError as error:
                return jsonify(error=str(error)), 400
            except WorkshopError as error:
                return jsonify(error=str(error)), 410
            return jsonify(seq=int(text), picture=take_picture(was, wish), graph=was.graph())

        return routes

    return make
