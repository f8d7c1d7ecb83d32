"""What of each kind of network is tried on real engines: said by a mark on each test, written down when it ran.

``@pytest.mark.tries("vxlan", "ping", "MTU")`` says it. What became of it is kept in ``build/tried.json``, test by test,
the newest result of each; ``tests/support/tried_table.py`` makes the README's table of it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

KINDS = ("bridge", "vxlan", "macvlan", "ipvlan", "routed", "null")
ASPECTS = (
    "create",
    "run",
    "ping",
    "static IP and MAC",
    "IPv6",
    "MTU",
    "disconnect",
    "restart of the plugin",
    "restart of dockerd",
    "parallel starts",
    "removal",
)
CANNOT_BE = {("null", aspect) for aspect in ("ping", "static IP and MAC", "IPv6", "MTU")}
"""What there is nothing to try of: a network of type null makes no links."""

PLACE = "WORKSHOP_TRIED"
"""An environment variable that names another file for the results than ``build/tried.json``."""

PROPERTY = "tried"
"""What a test's report carries a result in, from the process that ran it to the one that writes them down."""

MARK = "tries(kind, *aspects): what of a kind of network the test tries; the words are in tests/support/tried.py"
PASSED, FAILED = "passed", "failed"

Result = dict[str, Any]
"""Of one test: ``item`` and ``test`` (with its parameters and without), ``engine``, ``tries``, ``outcome``."""


def place() -> Path:
    """The file of the results on this machine."""
    return Path(os.environ.get(PLACE) or ROOT / "build" / "tried.json")


def read(file: Path) -> dict[str, Result]:
    """The results in a file, by test; none if there is no such file."""
    return json.loads(file.read_text()) if file.exists() else {}


def of_marks(marks: list[pytest.Mark]) -> dict[str, list[str]]:
    """The aspects that a test's marks name, by kind of network.

    :raises ValueError: if there is no such kind or aspect, or nothing of the kind to try.
    """
    found: dict[str, set[str]] = {}
    for mark in marks:
        kind, *aspects = mark.args
        wrong = [aspect for aspect in aspects if aspect not in ASPECTS or (kind, aspect) in CANNOT_BE]
        if kind not in KINDS or not aspects or wrong:
            raise ValueError(f"tries{mark.args}: expected one of {KINDS}, and of {ASPECTS}; not {sorted(CANNOT_BE)}")
        found.setdefault(kind, set()).update(aspects)
    return {kind: [aspect for aspect in ASPECTS if aspect in found[kind]] for kind in KINDS if kind in found}


def begun(item: pytest.Item) -> Result | None:
    """What is known of a result before its test runs, or ``None`` if it counts for nothing.

    Only what runs beside an engine as it comes counts: shipped in another way, or with the older iptables, some of the
    same tests are run once more.
    """
    tries = of_marks(list(item.iter_markers("tries")))
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if not tries or given.get("shipped", "process") != "process" or given.get("iptables", "nft") != "nft":
        return None
    return {
        "item": item.nodeid,
        "test": item.nodeid.partition("[")[0],
        "engine": given["version"],
        "tries": tries,
    }


class Recorder:
    """Writes the results down, in the process that hears of all tests; the others only pass theirs on."""

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes
        self.results: dict[str, Result] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if result := begun(item):
                item.user_properties.append((PROPERTY, result))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, result in report.user_properties:
            if name == PROPERTY:
                self._note(result, report)

    def _note(self, result: Result, report: pytest.TestReport) -> None:
        """A result that was made elsewhere has its outcome; else it is the report's, and the worst of its phases."""
        key = result["item"]
        if "outcome" in result:
            self.results[key] = result
        elif report.failed:
            self.results[key] = {**result, "outcome": FAILED}
        elif report.when == "call" and report.passed:
            self.results[key] = {**result, "outcome": PASSED}

    def pytest_sessionfinish(self) -> None:
        if self.writes and self.results:
            file = place()
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_suffix(".new")
            new.write_text(json.dumps({**read(file), **self.results}, indent=1, sort_keys=True) + "\n")
            new.replace(file)
