"""Step mode and break-it mode in the browser: the routes under ``/api/step``. What changes something needs the token.

What holds calls is somebody else's: this hands on what is asked, and tells every browser when it is another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, jsonify

from workshop.dashboard import asked
from workshop.dashboard.guard import needs_token
from workshop.dashboard.once import Once
from workshop.errors import UsageError, WorkshopError

NAME = "step"
"""The blueprint, and the message that tells browsers to ask again."""

LONGEST = 100
"""Characters of a text in a rule."""


class Steps(Protocol):
    """What holds calls; ``workshop/plugin/holding.py`` has it, with what each part means."""

    changed: Callable[[], None]

    def state(self) -> dict[str, Any]: ...
    def add(self, **rule: Any) -> Any: ...
    def remove(self, number: int | None) -> None: ...
    def release(self, number: int | None = None, fault: str | None = None) -> None: ...


def part(
    steps: Steps, networks: Callable[[], dict[str, list[str]]]
) -> Callable[[Callable[[str, Any], None]], Blueprint]:
    """What makes the routes: see ``Dashboard``. ``networks`` gives the IDs of those that there are, by host."""

    def make(emit: Callable[[str, Any], None]) -> Blueprint:
        steps.changed = lambda: emit(NAME, {})
        return _routes(steps, networks)

    return make


def _routes(steps: Steps, networks: Callable[[], dict[str, list[str]]]) -> Blueprint:
    routes, once = Blueprint(NAME, __name__, url_prefix="/api/step"), Once()
    routes.register_error_handler(WorkshopError, asked.explain)

    def state() -> Any:
        return jsonify(**steps.state(), networks=networks())

    @routes.get("")
    def show() -> Any:
        return state()

    @routes.post("/rules")
    @needs_token
    @once
    def add() -> Any:
        body = asked.body()
        texts = {key: _text(body, key) for key in ("route", "network", "host", "fault")}
        steps.add(at=_text(body, "at") or "handler", once=_flag(body, "once"), **texts)
        return state()

    @routes.delete("/rules")
    @needs_token
    @once
    def clear() -> Any:
        steps.remove(None)
        return state()

    @routes.delete("/rules/<int:number>")
    @needs_token
    @once
    def remove(number: int) -> Any:
        steps.remove(number)
        return state()

    @routes.post("/release")
    @needs_token
    @once
    def release() -> Any:
        body = asked.body()
        number = body.get("call")
        if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
            raise UsageError("`call` must be a call's number.", "Leave it out for all that are held.")
        steps.release(number, _text(body, "fault"))
        return state()

    return routes


def _text(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST:
        raise UsageError(f"`{key}` must be a text of at most {LONGEST} characters.", "Leave it out for any.")
    return value


def _flag(body: dict[str, Any], key: str) -> bool:
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(f"`{key}` must be true or false.", "Leave it out for false.")
    return value
