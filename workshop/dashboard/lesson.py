"""The exercise's page: what it asks and commands, as JSON over one ``Lesson``.

Whoever changes something needs the session's token. What goes wrong is answered as ``{"error": sentence}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from flask import Blueprint, jsonify, request

from workshop.dashboard import asked, markdown
from workshop.dashboard.guard import needs_token
from workshop.dashboard.once import Once
from workshop.errors import WorkshopError

LARGEST_FILE = 1_000_000
"""Bytes of a learner's file, in UTF-8; more is no handler any more."""

LARGEST_BODY = 7 * LARGEST_FILE
"""Bytes of a request: as JSON, one byte of a file may be written as six (``\\u0001``)."""

LARGEST_WORD = 10_000
"""Characters of a command line, or of a file's name."""


class Lesson(Protocol):
    """One sitting, as docs/course.md has it. Its methods are called from several threads at once.

    What they cannot do they say with a ``WorkshopError``; where a file has changed since it was read, the error
    that ``write`` raises has ``text`` and ``version``, the file's as they are now.
    """

    def state(self) -> dict[str, Any]:
        """All that the page shows of the exercise."""

    def hint(self) -> dict[str, Any]:
        """The next hint: ``text``, ``number``, ``total``."""

    def solution(self, anyway: bool = False) -> dict[str, Any]:
        """``text`` and ``diff``; refused before passing unless ``anyway``."""

    def rerun(self) -> Any:
        """Judge again."""

    def open(self, number: int) -> Any:
        """Go to another exercise."""

    def choose(self, name: str) -> Any:
        """Go to another file of this exercise, and judge it."""

    def reset(self, name: str | None = None) -> dict[str, Any]:
        """The stub of a file again; ``backup`` says where the learner's own is now."""

    def read(self, name: str) -> dict[str, Any]:
        """A file of the learner's: ``name``, ``text``, ``version``."""

    def write(self, name: str, text: str, version: Any) -> Any:
        """Save a file, unless it has changed since ``version``."""

    def command(self, line: str) -> dict[str, Any]:
        """Run one ``docker …`` line in the lab: ``code`` and ``output``."""


class _Malformed(Exception):
    """A request that the page would not send; the text says what is wrong with it."""


def make_blueprint(lesson: Lesson, tell: Callable[[], None]) -> Blueprint:
    """The routes over ``lesson``. ``tell()`` is called after what other browsers have to ask for again."""
    routes = Blueprint("lesson", __name__, url_prefix="/api/lesson")
    once = Once()
    routes.before_request(_bound)
    routes.register_error_handler(_Malformed, lambda error: (jsonify(error=str(error)), 400))
    routes.register_error_handler(WorkshopError, _explain)

    @routes.get("")
    def state() -> Any:
        told = lesson.state()
        html = {"task": markdown.html(str(told.get("task") or "")), "hints": markdown.told(told.get("hints") or ())}
        return jsonify({**told, "html": html})

    @routes.post("/hint")
    @needs_token
    @once
    def hint() -> Any:
        told = lesson.hint()
        tell()
        return jsonify({**told, "html": markdown.html(str(told.get("text") or ""))})

    @routes.post("/solution")
    @needs_token
    @once
    def solution() -> Any:
        return jsonify(lesson.solution(anyway=_asked("anyway", bool, False)))

    @routes.post("/run")
    @needs_token
    @once
    def run() -> Any:
        lesson.rerun()
        return jsonify({})

    @routes.post("/open")
    @needs_token
    @once
    def open_other() -> Any:
        lesson.open(_asked("number", int))
        tell()
        return jsonify({})

    @routes.post("/choose")
    @needs_token
    @once
    def choose() -> Any:
        lesson.choose(_short("name", _asked("name", str)))
        tell()
        return jsonify({})

    @routes.post("/reset")
    @needs_token
    @once
    def reset() -> Any:
        name = _asked("name", str, "")
        told = lesson.reset(_short("name", name) if name else None)
        tell()
        return jsonify(told)

    @routes.get("/file")
    def read() -> Any:
        return jsonify(lesson.read(_short("name", request.args.get("name", ""))))

    @routes.put("/file")
    @needs_token
    @once
    def write() -> Any:
        name, text = _short("name", _asked("name", str)), _asked("text", str)
        if _bytes(text) > LARGEST_FILE:
            return jsonify(error="This is more than a million bytes, too much for a handler. Make it shorter."), 413
        told = lesson.write(name, text, _asked("version", (str, int)))
        tell()
        return jsonify(told or {})

    @routes.post("/command")
    @needs_token
    @once
    def command() -> Any:
        return jsonify(lesson.command(_short("line", _asked("line", str))))

    return routes


def _bound() -> None:
    request.max_content_length = LARGEST_BODY


def _explain(error: WorkshopError) -> Any:
    told = {key: getattr(error, key) for key in ("text", "version") if hasattr(error, key)}
    answer, status = asked.explain(error)
    return jsonify({**answer.get_json(), **told}), status


_NEEDED = object()
_WORDS = {str: "a text", int: "a whole number", bool: "true or false"}


def _asked(key: str, kind: type | tuple[type, ...], default: Any = _NEEDED) -> Any:
    """One value of the request's JSON object."""
    body = request.get_json(silent=True) if request.content_length else {}
    if not isinstance(body, dict):
        raise _Malformed("The request's body must be a JSON object.")
    value = body.get(key, default)
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise _Malformed(f"`{key}` must be {' or '.join(_WORDS[each] for each in kinds)}.")
    return value


def _bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise _Malformed("`text` has half of a character, which no file can hold.") from None


def _short(key: str, value: str) -> str:
    if not value.strip() or len(value) > LARGEST_WORD:
        raise _Malformed(f"`{key}` must have 1 to {LARGEST_WORD} characters.")
    return value
