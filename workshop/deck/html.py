"""HTML by hand: elements whose text is always text, and JSON in colours."""

from __future__ import annotations

import html
import json
import re
from typing import Any

_LONG_ID = re.compile(r"[0-9a-f]{40,}")
SHOWN = 12
"""Digits of an ID that are shown."""

MANY, SMALL = 8, 90
"""An object has several keys on a line if it has more than so many, or if it is no longer than so many characters."""


def text(value: object) -> str:
    """Text as text."""
    return html.escape(str(value), quote=True)


def tag(name: str, inner: str = "", **attributes: object) -> str:
    """An element around HTML. ``class_`` is ``class``, ``data_kind`` is ``data-kind``; what is None is left out."""
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    written = "".join(f' {key}="{text(value)}"' for key, value in pairs)
    return f"<{name}{written}>{inner}</{name}>"


def compact(value: Any, width: int, indent: str = "", before: int = 0) -> str:
    """JSON for a slide: what fits into a line of ``width`` characters is on one, after ``before`` others."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + before + len(flat) <= width or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        keys = {key: f"{json.dumps(key, ensure_ascii=False)}: " for key in value}
        rows = [inner + keys[key] + compact(item, width, inner, len(keys[key])) for key, item in value.items()]
        plain = [not isinstance(item, (dict, list)) for item in value.values()]
        if (all(plain) and len(flat) < SMALL) or len(rows) > MANY:
            rows = _packed(rows, plain, width)
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + compact(item, width, inner) for item in value) + f"\n{indent}]"


def _packed(rows: list[str], plain: list[bool], width: int) -> list[str]:
    """Several of the plain ones on a line, where they fit."""
    lines: list[str] = []
    goes_on = False
    for row, is_plain in zip(rows, plain, strict=True):
        if goes_on and is_plain and len(lines[-1]) + 2 + len(row.strip()) < width:
            lines[-1] += ", " + row.strip()
        else:
            lines.append(row)
        goes_on = is_plain
    return lines


def shortened(value: Any) -> Any:
    """The same with long IDs cut: ``2d53e6d1a0b4…``."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, str) and _LONG_ID.fullmatch(value):
        return f"{value[:SHOWN]}…"
    return value


_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?)')


def coloured(written: str) -> str:
    """JSON text as HTML, its keys, strings, numbers and words marked by class."""
    parts, last = [], 0
    for found in _TOKENS.finditer(written):
        parts.append(text(written[last : found.start()]))
        string, colon, word, number = found.groups()
        kind = "key" if colon is not None else "string" if string else "word" if word else "number"
        parts.append(tag("span", text(string or word or number), class_=f"json-{kind}") + (colon or ""))
        last = found.end()
    return "".join(parts) + text(written[last:])


def json_block(value: Any, width: int) -> str:
    """A block with JSON in it, IDs shortened."""
    return tag("pre", coloured(compact(shortened(value), width)), class_="code json")
