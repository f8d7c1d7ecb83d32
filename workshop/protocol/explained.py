"""The table of routes as JSON: what a page needs to explain a call's fields, and what Docker makes of its errors."""

from __future__ import annotations

import typing
from typing import Any

from workshop.protocol import told
from workshop.protocol.labels import LABELS
from workshop.protocol.reference import PARTS, Field, fields, type_in_words
from workshop.protocol.routes import Route
from workshop.protocol.table import ROUTES


def table() -> dict[str, Any]:
    """The whole of it.

    ``routes``: by full name ``{"name", "meaning", "when", "on_error", "since", "error", "request", "answer", "told"}``,
    ``request`` null where Docker sends none. A body is ``{field: {"type", "meaning", "since", "required", "part"}}``,
    whose ``part`` names the objects inside, which are in ``parts``. ``labels`` are the keys of ``Options``: ``{"key",
    "routes", "type", "meaning", "since", "part"}``, by handlers' names. ``told`` is ``{"text", "starting", "until",
    "note", "failure", "failure_by_status"}``: what Docker shows its user, as templates (``workshop/protocol/told.py``).
    """
    return {
        "routes": {route.full_name: _route(route) for route in ROUTES},
        "parts": {part.__name__: _body(part) for part in PARTS},
        "labels": [
            {
                "key": label.key,
                "routes": list(label.routes),
                "type": f"list of {_type(label.type)}" if label.many else _type(label.type),
                "meaning": label.meaning,
                "since": label.since,
                "part": _part(label.type),
            }
            for label in LABELS
        ],
        "gateway": told.GATEWAY.text,
        "prefix": told.PREFIX,
        "setting_up": {"text": told.SETTING_UP, "since": told.SETTING_UP_SINCE},
    }


def _route(route: Route) -> dict[str, Any]:
    outcome = told.told(route.full_name)
    return {
        "name": route.name,
        "meaning": route.meaning,
        "when": route.when,
        "on_error": route.on_error,
        "since": route.since,
        "error": route.error,
        "request": None if route.request is None else _body(route.request),
        "answer": _body(route.answer),
        "told": {
            "text": outcome.text,
            "starting": outcome.starting,
            "until": outcome.until,
            "note": outcome.note,
            "failure": told.BY_FIELD.get(route.interface, told.BY_FIELD_ELSE),
            "failure_by_status": told.BY_STATUS,
        },
    }


def _body(body: type) -> dict[str, Any]:
    return {field.name: _field(field) for field in fields(body)}


def _field(field: Field) -> dict[str, Any]:
    return {
        "type": _type(field.type),
        "meaning": field.meaning,
        "since": field.since,
        "required": field.required,
        "part": _part(field.type),
    }


def _part(hint: Any) -> str | None:
    """The name of the object that a type holds: itself, in a list, or if it is not null."""
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    return next((found for arg in typing.get_args(hint) if (found := _part(arg))), None)


def _type(hint: Any) -> str:
    return type_in_words(hint, '"{}"'.format, lambda body: body.__name__)
