"""Checking bodies against the table: pure functions from bytes and objects to objects and sentences."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from workshop.errors import InvalidCall
from workshop.protocol.routes import Route

_KINDS = {
    "str": "a string",
    "int": "a whole number",
    "bool": "true or false",
    "float": "a number",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def parse_request(route: Route, body: bytes) -> dict[str, Any]:
    """Read a call's body: the JSON object that Docker sent, unknown fields included.

    A route without a request body (Activate, GetCapabilities) ignores whatever is sent and gives ``{}``.

    :raises InvalidCall: with status 400 and a sentence that names the field and what was expected.
    """
    if route.request is None:
        return {}
    if not body.strip():
        raise InvalidCall(400, f"{route.full_name}: the body is empty; expected a JSON object{_with_fields(route)}")
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidCall(400, f"{route.full_name}: the body is not JSON ({_one_line(error)})") from None
    if not isinstance(value, dict):
        raise InvalidCall(400, f"{route.full_name}: expected a JSON object{_with_fields(route)}, got {_kind(value)}")
    problem = _unusable(value) or mismatch(value, route.request)
    if problem:
        raise InvalidCall(400, f"{route.full_name}: {problem}")
    return value


def wrong_answer(route: Route, answer: Any) -> str | None:
    """Say what is wrong with a handler's answer, in a sentence, or ``None`` if Docker can read it.

    Docker ignores unknown keys and accepts ``null`` for any field, and so does this. ``Err`` may stand alone, or what
    the route has in its place.
    """
    if not isinstance(answer, dict):
        return f"the answer must be a JSON object, got {_kind(answer)}"
    error = answer.get(route.error)
    if error is not None:
        return None if isinstance(error, str) else f"{route.error} must be a string, got {_kind(error)}"
    return mismatch(_without_null(answer), route.answer)


DEEPEST = 100
"""How many objects and lists may be inside of each other; Docker needs six."""


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _unusable(body: Any) -> str | None:
    """Say what Python reads though it is no JSON, or could not be written down again, if there is any."""
    depth, level = 0, [body]
    while level:
        if depth > DEEPEST:
            return f"more than {DEEPEST} objects and lists are inside of each other"
        for value in level:
            if isinstance(value, float) and not math.isfinite(value):
                return "a number is too large"
            texts = value if isinstance(value, dict) else [value] if isinstance(value, str) else ()
            for text in texts:
                if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
                    return "a text has half a character in it (a lone surrogate)"
        inner = [value.values() if isinstance(value, dict) else value for value in level if _holds(value)]
        level, depth = [item for items in inner for item in items], depth + 1
    return None


def _holds(value: Any) -> bool:
    return isinstance(value, (dict, list))


def mismatch(value: Any, expected: Any) -> str | None:
    """Say in a sentence what part of ``value`` is not as the type says, the field first, or ``None``."""
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        return _sentence(str(error))
    return None


def _sentence(text: str) -> str:
    """Turn msgspec's error into one that begins with the field: ``Options: expected an object``."""
    text, _, path = text.partition(" - at `$")
    path = path.rstrip("`").lstrip(".").replace("[...]", "[]")
    missing = re.fullmatch(r"Object missing required field `(.+)`", text)
    if missing:
        path = f"{path}.{missing[1]}".lstrip(".")
        return f"{path} is missing"
    text = re.sub(r"`([a-z]+(?: \| [a-z]+)*)`", lambda m: _kinds(m[1]), text)
    text = text.replace("a string of length >= 1", "a string that is not empty")
    return f"{path or 'the body'}: {text[0].lower()}{text[1:]}"


def _kinds(names: str) -> str:
    return " or ".join(_KINDS.get(name, name) for name in names.split(" | "))


def _kind(value: Any) -> str:
    for kind, name in (
        (bool, "bool"),
        (int, "int"),
        (float, "float"),
        (str, "str"),
        (list, "array"),
        (dict, "object"),
    ):
        if isinstance(value, kind):
            return _KINDS[name]
    return "null" if value is None else f"a Python {type(value).__name__}"


def _with_fields(route: Route) -> str:
    required = [key for key in route.request.__annotations__ if key in route.request.__required_keys__]
    return f" with {' and '.join(required)}" if required else ""


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    return value
