"""How Docker's client prints: tables, JSON, a small part of its templates. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from workshop.errors import UsageError

_PIECE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


def table(rows: list[list[str]]) -> str:
    """Columns at least ten wide, three spaces apart, the first row being the heading."""
    widths = [max(10, *(len(row[column]) + 3 for row in rows)) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        lines.append("".join([*cells, row[-1]]))
    return "\n".join(lines)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_json(value: Any) -> str:
    """As `docker inspect` prints it."""
    return json.dumps(value, indent=4, ensure_ascii=False)


def render(template: str, value: Any) -> str:
    """Fill in a Go template: ``{{.A.B}}``, ``{{json .A}}``, ``{{range .A}}…{{end}}``, ``{{index .A "b"}}``.

    :raises UsageError: for anything else.
    """
    if template == "json":
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    pieces = _PIECE.split(template.replace("\\t", "\t").replace("\\n", "\n"))
    text, rest = _fill(pieces, value)
    if rest:
        raise UsageError("The template has an {{end}} too many.")
    return text


def _fill(pieces: list[str], value: Any) -> tuple[str, list[str]]:
    """The text up to the matching ``end``, and the pieces after it. Text and actions take turns."""
    done = pieces[0]
    rest = pieces[1:]
    while rest:
        action, rest = rest[0], rest[1:]
        if action == "end":
            return done, rest
        if action.startswith("range "):
            found = _look_up(value, action.removeprefix("range ").strip())
            entries = list(found.values()) if isinstance(found, Mapping) else list(found or [])
            body, after = _fill(rest, entries[0] if entries else {})
            done += body if entries else ""
            done += "".join(_fill(rest, entry)[0] for entry in entries[1:])
            rest = after
        else:
            done += _evaluate(action, value)
        done, rest = done + (rest[0] if rest else ""), rest[1:]
    return done, rest


def _evaluate(action: str, value: Any) -> str:
    if action.startswith("json "):
        found = _look_up(value, action.removeprefix("json ").strip())
        return json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    if match := re.fullmatch(r'index\s+(\.[\w.]*)\s+"([^"]*)"', action):
        found = _look_up(value, match[1])
        return _plain(found.get(match[2]) if isinstance(found, Mapping) else None)
    return _plain(_look_up(value, action))


def _look_up(value: Any, path: str) -> Any:
    if not re.fullmatch(r"\.[\w.-]*", path):
        raise UsageError(f"The template's {{{{{path}}}}} is beyond this client.", "Use fields, json, range or index.")
    for name in filter(None, path.split(".")):
        if not isinstance(value, Mapping):
            return None
        if name not in value:
            name = next((key for key in value if key.lower() == name.lower()), name)
        value = value.get(name)
    return value


def _plain(value: Any) -> str:
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{_plain(one)}" for key, one in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_plain(one) for one in value) + "]"
    return str(value)
