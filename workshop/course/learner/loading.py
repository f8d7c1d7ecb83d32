"""Reading the learner's file and making functions of it, or a finding. Runs in the learner's process."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import inspect
import io
import pkgutil
import stat
import sys
import tokenize
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from workshop.course.learner.places import Own, worded

Handlers = dict[str, Callable[..., Any]]
LARGEST = 1 << 20
"""Bytes that a handler's file may have."""

SIGNATURE = "(request, host)"


class Problem(Exception):
    """The file cannot be used: ``as_dict()`` has the fields of a finding, ``traceback`` lines to show."""

    def __init__(self, title: str, *, line: int | None = None, traceback: Sequence[str] = (), **fields: Any) -> None:
        super().__init__(title)
        self.title, self.line, self.traceback, self.fields = title, line, list(traceback), fields

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"title": self.title, "line": self.line, **self.fields}


def load(own: Own, path: Path, required: Sequence[str], routes: Sequence[str]) -> Handlers:
    """The handlers that a file defines, by route.

    ``required`` are the routes that it has to define, ``routes`` all that there are. Raises Problem.
    """
    source = _read(path)
    code = _compile(path, source)
    module = _execute(own, path, code)
    return _handlers(own, path, module, required, routes)


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise Problem(f"{path.name} is not a file", seen=str(path), expected="a file with your handlers in it")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Problem(
            f"{path.name} is missing", seen=f"no file {path}", expected="the file; `reset` brings the first one back"
        ) from None
    except OSError as error:
        raise Problem(
            f"{path.name} cannot be read", seen=f"{path}: {error.strerror}", expected="a file that you may read"
        ) from None
    if len(data) > LARGEST:
        raise Problem(f"{path.name} is too large", seen=f"more than {LARGEST >> 20} MB", expected="a file of a few KB")
    return _decoded(path, data)


def _decoded(path: Path, data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        encoding = "utf-8"
        if "utf-8" not in str(error):
            raise Problem(
                f"{path.name} says that it is written in an encoding that there is not",
                line=1,
                seen=str(error),
                expected="a file in UTF-8; take the line `# coding: …` away",
            ) from None
    try:
        return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Problem(
            f"{path.name} is not a text in UTF-8",
            line=line,
            seen=f"line {line} has the byte 0x{data[error.start]:02x}, which is no character in {encoding}",
            expected="a file in UTF-8; tell your editor to save it so",
        ) from None


def _compile(path: Path, source: str) -> Any:
    try:
        return compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        shown = (error.text or "").rstrip("\n")
        lead = len(shown) - len(shown.lstrip())
        caret = " " * max(0, (error.offset or 1) - 1 - lead) + "^"
        where = f"line {error.lineno}" if error.lineno else "the file"
        raise Problem(
            f"{path.name} is not Python: {error.msg} ({where})",
            line=error.lineno,
            seen=f"{shown.lstrip()}\n{caret}" if shown else str(error.msg),
            expected="Python; the mistake is at the caret, or just before",
            traceback=[f'  File "{path.name}", line {error.lineno}', f"    {shown.lstrip()}", f"    {caret}"]
            + [f"{type(error).__name__}: {error.msg}"],
        ) from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise Problem(
            f"{path.name} is not Python: {error or 'it is nested too deeply'}", seen=worded(error), expected="Python"
        ) from None


def _execute(own: Own, path: Path, code: Any) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    name = path.stem if path.stem.isidentifier() and path.stem not in sys.modules else "handler"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(code, vars(module))
    except SystemExit as error:
        place = own.of_error(error)
        raise Problem(
            f"{path.name} ends the program while it is loaded: sys.exit({_code(error)})",
            line=place[1] if place else None,
            seen=f"sys.exit({_code(error)}) outside of a function",
            expected="a file that only defines functions; what is to happen in a call goes into them",
        ) from None
    except ImportError as error:
        raise _import_problem(own, path, error) from None
    except BaseException as error:
        place = own.of_error(error)
        file = f"{Path(place[0]).name}, line {place[1]}" if place else path.name
        raise Problem(
            f"{path.name} cannot be loaded: {worded(error)} ({file})",
            line=place[1] if place else None,
            file=place[0] if place else str(path),
            seen=worded(error),
            expected="a file that can be imported; what needs a call goes into the functions",
            traceback=own.traceback(error),
        ) from None
    return module


def _code(error: SystemExit) -> str:
    return "" if error.code is None else repr(error.code)[:100]


def _import_problem(own: Own, path: Path, error: ImportError) -> Problem:
    place = own.of_error(error)
    about: dict[str, Any] = {
        "line": place[1] if place else None,
        "file": place[0] if place else str(path),
        "traceback": own.traceback(error),
    }
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        known = {*sys.stdlib_module_names, *(each.name for each in pkgutil.iter_modules())}
        if top in known:  # the package is there, not this part of it
            return Problem(
                f"{path.name} cannot be loaded: there is no module {error.name}",
                seen=f"import of {error.name}",
                expected=f"a module that {top} has",
                **about,
            )
        like = _like(top, sorted(known - {name for name in known if name.startswith("_")}))
        remedy = f"did you mean `{like}`?" if like else f"`{sys.executable} -m pip install …` adds what is missing"
        return Problem(
            f"{path.name} cannot be loaded: there is no module {error.name}{f', but {like}' if like else ''}",
            seen=f"import of {error.name}, which this Python does not have",
            expected=f"a module that is installed; {remedy}",
            **about,
        )
    missing = _missing_name(error)
    if missing is None:
        return Problem(
            f"{path.name} cannot be loaded: {worded(error)}",
            seen=worded(error),
            expected="an import that works",
            **about,
        )
    module, name = missing
    like = _like(name, [each for each in dir(sys.modules.get(module)) if not each.startswith("_")])
    return Problem(
        f"{path.name} cannot be loaded: {module} has no {name}{f', but {like}' if like else ''}",
        seen=f"import of {name} from {module}",
        expected=f"did you mean `{like}`?" if like else f"a name that {module} has",
        **about,
    )


def _missing_name(error: ImportError) -> tuple[str, str] | None:
    """The module and the name of ``from module import name``."""
    words = str(error).split("'")
    if error.name and str(error).startswith("cannot import name") and len(words) > 1:
        return error.name, words[1]
    return None


def _like(name: str, names: Sequence[str]) -> str | None:
    plain = {_plain(each): each for each in names}
    if _plain(name) in plain:
        return plain[_plain(name)]
    found = difflib.get_close_matches(name, names, 1, 0.75)
    return found[0] if found else None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _handlers(own: Own, path: Path, module: ModuleType, required: Sequence[str], routes: Sequence[str]) -> Handlers:
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
    like = _like(name, list(theirs))
    line = theirs[like].__code__.co_firstlineno if like and hasattr(theirs[like], "__code__") else None
    if name in names:
        line = _line_of(path, name)
        return Problem(
            f"{name} in {path.name} is no function",
            line=line,
            seen=f"{name} = {names[name]!r:.80}",
            expected=f"def {name}{SIGNATURE}:",
        )
    return Problem(
        f"{path.name} has no function {name}{f', but {like}' if like else ''}",
        line=line,
        seen=f"functions: {', '.join(theirs)}" if theirs else "no function at all",
        expected=f"def {name}{SIGNATURE}:" + (f" – did you mean {like} to be it?" if like else ""),
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
            f"{name} takes {signature}, and is called with {SIGNATURE}",
            seen=f"def {name}{signature}",
            expected=f"def {name}{SIGNATURE}:",
            **about,
        ) from None
