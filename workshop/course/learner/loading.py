"""Reading the learner's file and making functions of it, or a finding. Runs in the learner's process."""

from __future__ import annotations

import codecs
import importlib.util
import io
import pkgutil
import stat
import sys
import tokenize
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from workshop.course.learner.confine import MB, MEMORY
from workshop.course.learner.functions import Handlers, handlers_of
from workshop.course.learner.places import NO_KEYBOARD, Own, asks_keyboard, worded
from workshop.course.learner.problem import Problem, like

WIDEST = 160
"""Characters that are shown of a line."""

LARGEST = 1 << 20
"""Bytes that a handler's file may have."""

_SAVED = "a file in UTF-8; tell your editor to save it so"


def load(own: Own, path: Path, required: Sequence[str], routes: Sequence[str]) -> Handlers:
    """The handlers that a file defines, by route.

    ``required`` are the routes that it has to define, ``routes`` all that there are. Raises Problem.
    """
    source = _read(path)
    code = _compile(path, source)
    module = _execute(own, path, code)
    return handlers_of(own, path, module, required, routes)


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise Problem(f"{path.name} is not a file", seen=str(path), expected="a file with your handlers in it")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Problem(
            f"{path.name} is missing",
            seen=f"no file {path.name} in {path.parent.name}",  # the whole path is said below it, where none breaks it
            expected="the file; `reset` brings the first one back",
        ) from None
    except OSError as error:
        raise Problem(
            f"{path.name} cannot be read", seen=f"{path}: {error.strerror}", expected="a file that you may read"
        ) from None
    if len(data) > LARGEST:
        raise Problem(f"{path.name} is too large", seen=f"more than {LARGEST >> 20} MB", expected="a file of a few KB")
    return _decoded(path, data)


def _decoded(path: Path, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Problem(f"{path.name} is not UTF-8, but UTF-16", line=1, seen="the mark of UTF-16", expected=_SAVED)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        encoding = "utf-8"
        if str(error).startswith(
            "unknown encoding"
        ):  # else its first lines are not UTF-8, and do not say what they are
            raise Problem(
                f"{path.name} says that it is written in an encoding that there is not",
                line=1,
                seen=str(error),
                expected="a file in UTF-8; take the line `# coding: …` away",
            ) from None
    try:
        return io.TextIOWrapper(io.BytesIO(data), encoding, newline=None).read()
    except UnicodeDecodeError as error:
        line, byte = data.count(b"\n", 0, error.start) + 1, f"byte 0x{data[error.start]:02x}"
        raise Problem(
            f"{path.name} is not {encoding.removesuffix('-sig').upper()} ({byte} in line {line})",
            line=line,
            seen=f"line {line} has the {byte}, which is no character in {encoding}",
            expected=_SAVED,
        ) from None


def _compile(path: Path, source: str) -> Any:
    try:
        return compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise _no_python(path, _with_whole_line(error, source)) from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise Problem(
            f"{path.name} is not Python: {error or 'it is nested too deeply'}", seen=worded(error), expected="Python"
        ) from None


def _with_whole_line(error: SyntaxError, source: str) -> SyntaxError:
    """The same mistake, with its line whole: of a file that is there, Python tells only a part of a long one."""
    try:
        compile(source, "<handler>", "exec", dont_inherit=True)
    except SyntaxError as again:
        return again
    return error


def _no_python(path: Path, error: SyntaxError) -> Problem:
    shown, caret = _around(error.text or "", error.offset or 1)
    where = f"line {error.lineno}" if error.lineno else "the file"
    place = [f'  File "{path.name}", line {error.lineno}', f"    {shown}", f"    {caret}"]
    return Problem(
        f"{path.name} is not Python: {error.msg} ({where})",
        line=error.lineno,
        seen=f"{shown}\n{caret}" if shown else str(error.msg),
        expected="Python; the mistake is at the caret, or just before",
        traceback=[*place, f"{type(error).__name__}: {error.msg}"],
    )


def _around(line: str, offset: int) -> tuple[str, str]:
    """A line without its indentation, or what of a long one is near a character, and a caret below that."""
    shown = line.strip()
    at = max(0, offset - 1 - (len(line) - len(line.lstrip())))
    begin = max(0, at - WIDEST // 2) if len(shown) > WIDEST else 0
    return shown[begin : begin + WIDEST], " " * (at - begin) + "^"


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
    except MemoryError as error:
        vars(module).clear()  # what it has taken is needed to go on
        place = own.of_error(error)
        raise Problem(
            f"{path.name} takes more than {MEMORY // MB} MB of memory while it is loaded",
            line=place[1] if place else None,
            seen=f"no more memory in line {place[1]}" if place else "no more memory",
            expected="a file that only defines functions",
        ) from None
    except BaseException as error:
        place = own.of_error(error)
        if asked := asks_keyboard(error):
            raise Problem(
                f"{path.name} cannot be loaded: it called {asked}; {NO_KEYBOARD}",
                line=place[1] if place else None,
                file=place[0] if place else str(path),
                seen=f"{asked} outside of a function",
                expected="a file that only defines functions",
            ) from None
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
        meant = like(top, sorted(known - {name for name in known if name.startswith("_")}))
        remedy = f"did you mean `{meant}`?" if meant else f"`{sys.executable} -m pip install …` adds what is missing"
        return Problem(
            f"{path.name} cannot be loaded: there is no module {error.name}{f', but {meant}' if meant else ''}",
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
    meant = like(name, [each for each in dir(sys.modules.get(module)) if not each.startswith("_")])
    return Problem(
        f"{path.name} cannot be loaded: {module} has no {name}{f', but {meant}' if meant else ''}",
        seen=f"import of {name} from {module}",
        expected=f"did you mean `{meant}`?" if meant else f"a name that {module} has",
        **about,
    )


def _missing_name(error: ImportError) -> tuple[str, str] | None:
    """The module and the name of ``from module import name``."""
    words = str(error).split("'")
    if error.name and str(error).startswith("cannot import name") and len(words) > 1:
        return error.name, words[1]
    return None
