"""Which functions of a learner's file are handlers, and whether they can be called as such. Runs in its process."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from workshop.course.learner.places import Own
from workshop.course.learner.problem import Problem, like
from workshop.protocol import BY_NAME

Handlers = dict[str, Callable[..., Any]]
SIGNATURE = "(request, host)"


def handlers_of(own: Own, path: Path, module: ModuleType, required: Sequence[str], routes: Sequence[str]) -> Handlers:
    """The functions of ``module`` that answer ``routes``, the ``required`` ones among them. Raises Problem."""
    theirs = {name: value for name, value in vars(module).items() if callable(value) and own.of_function(value)}
    for name in required:
        value = vars(module).get(name)
        if value is None or (not callable(value)):
            raise _missing(path, name, vars(module), theirs)
        if name not in theirs and own.of_function(type(value).__call__) is None:
            raise Problem(
                f"{name} in {path.name} is not your function, but {value!r:.80}",
                line=_line_of(path, name),
                seen=f"{name} comes from elsewhere",
                expected=f"def {name}{SIGNATURE}:",
            )
        theirs[name] = value
    found = {name: theirs[name] for name in routes if name in theirs}
    for name, function in found.items():
        _look_at(own, path, name, function)
    return found


def _missing(path: Path, name: str, names: Mapping[str, Any], theirs: Mapping[str, Any]) -> Problem:
    meant = like(name, [each for each in theirs if each not in BY_NAME])
    line = theirs[meant].__code__.co_firstlineno if meant and hasattr(theirs[meant], "__code__") else None
    if name in names:
        line = _line_of(path, name)
        return Problem(
            f"{name} in {path.name} is no function",
            line=line,
            seen=f"{name} = {names[name]!r:.80}",
            expected=f"def {name}{SIGNATURE}:",
            about=name,
        )
    return Problem(
        f"{path.name} has no function {name}{f', but {meant}' if meant else ''}",
        line=line,
        seen=f"functions: {', '.join(theirs)[:500]}" if theirs else "no function at all",
        expected=f"def {name}{SIGNATURE}:" + (f" – did you mean {meant} to be it?" if meant else ""),
        about=name,
    )


def _line_of(path: Path, name: str) -> int | None:
    """The last line in which a name gets its value."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            lines.append(node.lineno)
        if isinstance(node, ast.alias) and (node.asname or node.name).partition(".")[0] == name:
            lines.append(node.lineno)
    return max(lines, default=None)


def _look_at(own: Own, path: Path, name: str, function: Callable[..., Any]) -> None:
    """Raise Problem for a function that cannot be called as a handler is."""
    place = own.of_function(function)
    about: dict[str, Any] = {"line": place[1] if place else _line_of(path, name)}
    if place:
        about["file"] = place[0]
    plain = inspect.unwrap(function)
    if inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain):
        raise Problem(
            f"{name} is `async def`, and nobody awaits it",
            seen=f"async def {name}",
            expected=f"def {name}{SIGNATURE}: – a handler answers when it returns",
            **about,
        )
    if inspect.isgeneratorfunction(plain):
        raise Problem(
            f"{name} has a `yield` in it, so a call runs none of it",
            seen=f"a generator function {name}",
            expected="`return {…}` in the place of `yield`",
            **about,
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None, None)
    except TypeError:
        raise Problem(
            f"{name} takes {signature!s:.200}, and is called with {SIGNATURE}",
            seen=f"def {name}{signature!s:.200}",
            expected=f"def {name}{SIGNATURE}:",
            **about,
        ) from None
