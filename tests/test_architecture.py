"""The rooms: who may import whom is one table, the one in docs/architecture.md, and the sources keep to it."""

from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import pages
from tests.support.pages import ROOT

PROGRAM = ROOT / "workshop"
PAGE = ROOT / "docs" / "architecture.md"

COMMON = {"errors", ""}
"""What every room may import: the errors, and the program's name and version."""

ABOVE = {"cli", "__init__", "__main__"}
"""What starts the rooms, and may import them all."""

LONGEST = {"workshop": 330, "bench": 330, "static/js": 330, "static/css": 330, "tests": 600}
"""Lines that a file may have, by folder."""

LONGER = {"workshop/protocol/types.py": 400}
"""Files that may have more. The bodies of all routes are data, and are in one place on purpose."""


@functools.cache
def rooms() -> list[str]:
    """Every room of the program: a folder, or a file of its own."""
    return sorted(
        path.stem for path in PROGRAM.iterdir() if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    )


def allowed() -> dict[str, set[str]]:
    """The rooms that each room may import, as docs/architecture.md has it."""
    found = {}
    for place, _, may in pages.table(PAGE, "room"):
        name = re.fullmatch(r"`workshop/(\w+)(?:/|\.py)`", place)
        if name:
            found[name[1]] = set(re.findall(r"`(\w+)`", may))
    return found


def imports(source: str, package: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """What a module in a package imports from the program, wherever in it: the room, and the number of the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            base += node.module.split(".") if node.module else []
            names = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == PROGRAM.name:
                yield (name[1] if len(name) > 1 and name[1] in rooms() else ""), node.lineno


def crossings() -> dict[tuple[str, str], str]:
    """Every import from one room into another, with the first place where it is done."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted(PROGRAM.rglob("*.py")):
        room = Path(file.relative_to(PROGRAM).parts[0]).stem
        for other, line in imports(file.read_text(encoding="utf-8"), file.relative_to(ROOT).parts[:-1]):
            if other != room:
                found.setdefault((room, other), f"{file.relative_to(ROOT)}:{line}")
    return found


def test_every_room_has_a_row_in_the_table_and_every_row_a_room():
    assert sorted(allowed()) == sorted(set(rooms()) - {"__init__", "__main__"})


def test_rooms_import_only_what_the_table_allows():
    table = allowed()
    wrong = [
        f"{place}: {room} imports {other}; docs/architecture.md allows {', '.join(sorted(table.get(room, ())))}"
        for (room, other), place in crossings().items()
        if room not in ABOVE and other not in COMMON | table.get(room, set())
    ]
    assert not wrong, "\n".join(wrong)


def test_the_table_allows_no_circle():
    table = {room: others for room, others in allowed().items() if room != "cli"}
    settled: set[str] = set()
    while ready := {room for room, others in table.items() if others <= settled} - settled:
        settled |= ready
    assert settled == set(table), f"these import each other in a circle: {sorted(set(table) - settled)}"


@pytest.mark.parametrize(
    ("room", "by"), [("cli", {"__main__"}), ("dashboard", {"cli"}), ("course", {"cli", "dashboard"})]
)
def test_few_import_what_is_at_the_end(room: str, by: set[str]):
    assert {one for one, other in crossings() if other == room} <= by


def test_the_reader_of_imports_sees_each_form():
    source = """
import json, workshop.lab.engine
from workshop import journal, __version__
from workshop.kernel import programs
def later():
    from workshop.plugin.app import x
    from . import other
    from ..topology import graph
"""
    found = sorted(imports(source, ("workshop", "drivers")), key=lambda each: each[1])
    assert [room for room, _ in found] == ["lab", "journal", "", "kernel", "plugin", "drivers", "topology"]


@pytest.mark.parametrize("room", [room for room in rooms() if room != "__init__"])
def test_every_room_says_what_lives_there(room: str):
    folder = PROGRAM / room
    file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    assert ast.get_docstring(ast.parse(file.read_text())), f"{file.relative_to(ROOT)} has no docstring"


def test_files_are_short_enough_to_be_read():
    long = []
    for folder, most in LONGEST.items():
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix not in (".py", ".js", ".css"):
                continue
            name, lines = str(file.relative_to(ROOT)), len(file.read_text(encoding="utf-8").splitlines())
            if lines > LONGER.get(name, most):
                long.append(f"{name} has {lines} lines, {LONGER.get(name, most)} at most; part it by what it is about")
    assert not long, "\n".join(long)


@pytest.mark.parametrize(("module", "may"), [("workshop", set()), ("workshop.cli", {"click"})])
def test_starting_loads_nothing_slow(module: str, may: set[str]):
    code = (
        "import json, sys; before = set(sys.modules)\n"
        f"import {module}\n"
        "new = {name: getattr(sys.modules[name], '__file__', None) for name in sys.modules if name not in before}\n"
        "print(json.dumps(new))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    files = json.loads(done.stdout)
    foreign = {name.partition(".")[0] for name, file in files.items() if file and "site-packages" in file}
    assert foreign <= may
    assert not {"sqlite3", "asyncio", "ssl", "http", "multiprocessing"} & set(files)
