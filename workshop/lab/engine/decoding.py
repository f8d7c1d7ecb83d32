"""What a plugin answered, read as Docker's decoder reads it, and its error texts. Pure."""

from __future__ import annotations

import json
from typing import Any


class PluginFailure(Exception):
    """A call failed. ``missing`` says that the plugin answered 404, ``unheard`` that nobody answered; ``said`` is the
    text of its ``Err``, if it sent one.
    """

    def __init__(self, message: str, *, missing: bool = False, unheard: bool = False, said: str = "") -> None:
        super().__init__(message)
        self.missing, self.unheard, self.said = missing, unheard, said


def field(answer: Any, name: str) -> Any:
    """A field of a JSON object, whatever the letter case of its key, as Docker's decoder reads it."""
    if not isinstance(answer, dict):
        return None
    if name in answer:
        return answer[name]
    return next((value for key, value in answer.items() if key.lower() == name.lower()), None)


def text_field(answer: Any, name: str, where: str) -> str:
    """A field that has to be text; empty if it is not there or null. Raises PluginFailure as Go's decoder
    words it.
    """
    value = field(answer, name)
    if value is None or isinstance(value, str):
        return value or ""
    raise PluginFailure(f"json: cannot unmarshal {go_kind(value)} into Go struct field {where}.{name} of type string")


def decode(text: str) -> dict[str, Any]:
    """An answer's body: the object in it. Raises PluginFailure as Go's decoder words it."""
    if not text.strip():
        raise PluginFailure("EOF")
    try:
        answer = json.loads(text)
    except ValueError:
        first = text.strip()[0]
        raise PluginFailure(f"invalid character '{first}' looking for beginning of value") from None
    if answer is None:
        return {}
    if not isinstance(answer, dict):
        raise PluginFailure(f"json: cannot unmarshal {go_kind(answer)} into Go value of type api.Response")
    return answer


def go_kind(value: Any) -> str:
    """What Go calls a JSON value."""
    kinds: tuple[tuple[type, str], ...] = ((bool, "bool"), (dict, "object"), (list, "array"), (str, "string"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "number")
