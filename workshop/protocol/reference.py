"""The API's reference page, from the table: ``python -m workshop.protocol.reference > docs/protocol.md``."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Meta

from workshop.protocol.ipam import IpamFailed
from workshop.protocol.labels import LABELS
from workshop.protocol.routes import Route
from workshop.protocol.table import ROUTES
from workshop.protocol.types import (
    EndpointInterface,
    ExposedPort,
    Failed,
    InterfaceName,
    IPAMData,
    NodeDiscovery,
    PortBinding,
    StaticRoute,
)
from workshop.protocol.volumes import Volume, VolumeCapability

PARTS = (
    IPAMData,
    EndpointInterface,
    InterfaceName,
    StaticRoute,
    NodeDiscovery,
    PortBinding,
    ExposedPort,
    Volume,
    VolumeCapability,
)
"""Objects inside of bodies, in the order in which one meets them."""

_INTRO = """# What Docker says to a plugin

<!-- From the table in `workshop/protocol/`, by `python -m workshop.protocol.reference > docs/protocol.md` -->

The network driver's API, and after it the IPAM driver's and the volume driver's.

Docker calls a plugin by HTTP: every call is a `POST /<Interface>.<Method>` with a JSON body, over a unix
socket or TCP. It sends no Content-Type, only `Accept: application/vnd.docker.plugins.v1.2+json`. The answer
is a JSON object with status 200, `{}` at least. Docker ignores the letter case of keys in answers, and keys
that it does not know; `null` passes for any field. Any answer may be `Err` instead; an empty `Err` is none:

"""
_IPAM = """
An IPAM driver's answers have `Error` in its place, and Docker does not look at `Err` there:

"""
KINDS = {
    str: "string",
    int: "whole number",
    bool: "true or false",
    float: "number",
    type(None): "null",
    Any: "any",
}


@dataclass(frozen=True)
class Field:
    """One field of a body, as the table tells it. ``type`` is the Python type, without its annotations."""

    name: str
    type: Any
    required: bool
    meaning: str
    example: Any
    since: str


def fields(body: type) -> Iterator[Field]:
    """The fields of a TypedDict of the table, in order."""
    for name, hint in typing.get_type_hints(body, include_extras=True).items():
        if typing.get_origin(hint) in (typing.NotRequired, typing.Required):
            hint = typing.get_args(hint)[0]
        meta = next(extra for extra in hint.__metadata__ if isinstance(extra, Meta))
        yield Field(
            name,
            hint.__origin__,
            name in body.__required_keys__,
            meta.description,
            meta.examples[0],
            (meta.extra or {}).get("since", ""),
        )


def example(body: type | None) -> dict[str, Any]:
    """A whole body, built from the examples of its fields."""
    return {} if body is None else {field.name: field.example for field in fields(body)}


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRO, _table(Failed), _IPAM, _table(IpamFailed), "\n", _overview()]
    parts.extend(_route(route) for route in ROUTES)
    parts.append(_labels())
    parts.append("## Objects inside of bodies\n")
    parts.extend(f"\n### {part.__name__}\n\n{_first_line(part)}\n\n{_table(part)}" for part in PARTS)
    return "".join(parts)


def _overview() -> str:
    rows = [
        f"| [{route.full_name}](#{_anchor(route.full_name)}) | `{route.name}` | {route.meaning} | {route.since} |\n"
        for route in ROUTES
    ]
    return "| Route | Handler | What | Since |\n|---|---|---|---|\n" + "".join(rows) + "\n"


def _route(route: Route) -> str:
    since = f"Since Docker {route.since}.\n\n" if route.since else ""
    request = "Docker sends no body.\n\n" if route.request is None else _table(route.request) + "\n"
    answer = _table(route.answer) if list(fields(route.answer)) else "An empty object.\n"
    sent = f"POST {route.path}\n"
    if route.request is not None:
        sent += f"\n{_json(example(route.request))}\n"
    return (
        f"## {route.full_name}\n\n{route.meaning} Handler: `{route.name}(request, host)`.\n\n{since}"
        f"**When:** {route.when}\n\n**On `{route.error}`:** {route.on_error}\n\n"
        f"**Request**\n\n{request}**Answer**\n\n{answer}\n"
        f"**Example**\n\n```http\n{sent}```\n\n```json\n{_json(example(route.answer))}\n```\n\n"
    )


def _labels() -> str:
    rows = []
    for label in LABELS:
        where = ", ".join(f"`{route}`" for route in label.routes)
        kind = f"list of {_type(label.type)}" if label.many else _type(label.type)
        rows.append(
            f"| `{label.key}` | {where} | {kind} | {_cell(label.meaning)} | {label.since} | {_code(label.example)} |\n"
        )
    return (
        "## Keys of `Options`\n\nWhat Docker itself puts there.\n\n"
        "| Key | In | Type | Meaning | Since | Example |\n|---|---|---|---|---|---|\n" + "".join(rows) + "\n"
    )


def _table(body: type) -> str:
    rows = "".join(
        f"| `{field.name}`{'' if field.required else ' (optional)'} | {_type(field.type)} "
        f"| {_cell(field.meaning)} | {field.since} | {_code(field.example)} |\n"
        for field in fields(body)
    )
    return "| Field | Type | Meaning | Since | Example |\n|---|---|---|---|---|\n" + rows


def type_in_words(hint: Any, literal: Callable[[Any], str], body: Callable[[type], str]) -> str:
    """A type as a person reads it; how a ``literal`` and the name of a ``body`` are written is the caller's choice."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_in_words(arg, literal, body) for arg in args)
    if origin is Literal:
        return " or ".join(literal(arg) for arg in args)
    if origin is list:
        return f"list of {type_in_words(args[0], literal, body)}" + ("s" if args[0] in (str, int) else "")
    if origin is dict:
        return "object of strings" if args[1] is str else "object"
    return body(hint) if typing.is_typeddict(hint) else KINDS[hint]


def _type(hint: Any) -> str:
    return type_in_words(hint, "`{}`".format, lambda body: f"[{body.__name__}](#{_anchor(body.__name__)})")


def _anchor(title: str) -> str:
    return title.lower().replace(".", "")


def _first_line(body: type) -> str:
    return (body.__doc__ or "").strip().splitlines()[0]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(value: Any) -> str:
    return f"`{_cell(json.dumps(value, ensure_ascii=False))}`"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    print(page(), end="")
