"""``python -m tests.support.tried_table``: put the newest results into docs/tried.json, and its table into the README.

docs/tried.json has a line for each test that tries something of a kind of network: what, and what came of it on each
engine. A result counts as long as its test tries the same.
"""

from __future__ import annotations

import importlib
import json
import sys

from tests.support import tried
from tests.support.trees import VERSIONS
from tests.support.tried import ASPECTS, CANNOT_BE, FAILED, KINDS, PASSED, ROOT, Result

RECORD, README = ROOT / "docs" / "tried.json", ROOT / "README.md"
BEGIN, END = "<!-- made by `make table` -->\n", "<!-- made until here -->\n"
NOT_TRIED, NOTHING = "not tried", "–"

Record = dict[str, dict[str, dict]]
"""By test: ``tries`` (aspects by kind) and ``on`` (``passed`` or ``failed`` by engine)."""


def declared() -> dict[str, dict[str, list[str]]]:
    """What each test of the engines says that it tries, by kind of network."""
    found = {}
    for file in sorted((ROOT / "tests" / "engines").glob("*.py")):
        name = f"tests.engines.{file.stem}"
        for function in vars(importlib.import_module(name)).values():
            if getattr(function, "__module__", None) != name:  # it is run here too, and stands elsewhere
                continue
            marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "tries"]
            if marks:
                found[f"tests/engines/{file.name}::{function.__name__}"] = tried.of_marks(marks)
    return found


def merged(record: Record, results: dict[str, Result], tests: dict[str, dict[str, list[str]]]) -> Record:
    """The record with newer results, for the tests that there are. A test with parameters passed if it did with all."""
    new: dict[tuple[str, str], set[str]] = {}
    for result in results.values():
        if result["tries"] == tests.get(result["test"]):
            new.setdefault((result["test"], result["engine"]), set()).add(result["outcome"])
    found: Record = {}
    for test, tries in tests.items():
        old = record.get(test, {})
        on = dict(old["on"]) if old.get("tries") == tries else {}
        on |= {engine: FAILED if FAILED in new[test, engine] else PASSED for name, engine in new if name == test}
        if on:
            found[test] = {"tries": tries, "on": {version: on[version] for version in VERSIONS if version in on}}
    return found


def outcome(record: Record, kind: str, aspect: str, engine: str) -> str:
    """What came of all tests that tried an aspect of a kind on an engine."""
    found = {
        test["on"][engine] for test in record.values() if aspect in test["tries"].get(kind, ()) and engine in test["on"]
    }
    return FAILED if FAILED in found else PASSED if found else NOT_TRIED


def cell(record: Record, kind: str, aspect: str) -> str:
    """One word if it is the same on all engines, else one with the engines that it is true for."""
    if (kind, aspect) in CANNOT_BE:
        return NOTHING
    by: dict[str, list[str]] = {}
    for engine in VERSIONS:
        by.setdefault(outcome(record, kind, aspect, engine), []).append(engine)
    if len(by) == 1:
        return next(iter(by))
    return "<br>".join(f"{word}: {', '.join(by[word])}" for word in (PASSED, FAILED, NOT_TRIED) if word in by)


def table(record: Record) -> str:
    """The table, in Markdown: a row for what was tried, a column for each kind of network."""
    head = [f"on Docker {', '.join(VERSIONS[:-1])} and {VERSIONS[-1]}", *(f"`{kind}`" for kind in KINDS)]
    rows = [head, ["---"] * len(head)]
    rows += [[aspect, *(cell(record, kind, aspect) for kind in KINDS)] for aspect in ASPECTS]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows).replace("| --- |", "|---|").replace(" --- |", "---|")


def put(page: str, text: str) -> str:
    """A page with a text between its two marks.

    :raises ValueError: if it has not both.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md needs the two lines {BEGIN.strip()} and {END.strip()}, with the table between")
    return f"{before}{begin}\n{text}\n{end}{after}"


def written(record: Record) -> str:
    """The record as it is kept: a line for each test's aspects, and one for its results."""
    tests = (
        f' {json.dumps(test)}: {{\n  "tries": {json.dumps(each["tries"])},\n  "on": {json.dumps(each["on"])}\n }}'
        for test, each in record.items()
    )
    return "{\n" + ",\n".join(tests) + "\n}\n"


def main() -> int:
    """Merge, write, and say how it stands; 1 if there is no result at all."""
    results = tried.read(tried.place())
    record = merged(tried.read(RECORD), results, declared())
    if not record:
        print("No test on an engine has left a result; `sudo make test-engines` runs them.", file=sys.stderr)
        return 1
    RECORD.write_text(written(record))
    README.write_text(put(README.read_text(), table(record)))
    print(f"{len(results)} results in {tried.place()}; docs/tried.json and the table in README.md are up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
