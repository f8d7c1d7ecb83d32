"""The README's table of what was tried: of known words, whole, and of nothing but recorded results."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from tests.support import tried, tried_table
from tests.support.trees import VERSIONS
from tests.support.tried import ASPECTS, CANNOT_BE, KINDS, PROPERTY, Recorder
from tests.support.tried_table import README, RECORD, cell, declared, merged, put, table

PING = {"bridge": ["ping"]}


def result(test: str = "t", engine: str = "20.10", outcome: str = "passed", item: str = "") -> dict[str, tried.Result]:
    item = item or f"{test}[{engine}]"
    return {item: {"item": item, "test": test, "engine": engine, "tries": PING, "outcome": outcome}}


def test_of_each_kind_of_network_every_aspect_has_a_test_that_says_so():
    tried_ones = {(kind, aspect) for tries in declared().values() for kind, found in tries.items() for aspect in found}
    assert tried_ones == {(kind, aspect) for kind in KINDS for aspect in ASPECTS} - CANNOT_BE


@pytest.mark.parametrize("words", [("bridge",), ("bridge", "flight"), ("token ring", "ping"), ("null", "ping")])
def test_a_mark_of_other_words_is_refused(words: tuple[str, ...]):
    with pytest.raises(ValueError, match="expected one of"):
        tried.of_marks([pytest.mark.tries(*words).mark])


def test_the_record_is_of_tests_that_there_are_and_try_that():
    record, tests = json.loads(RECORD.read_text()), declared()
    assert record
    assert {test: each["tries"] for test, each in record.items()} == {test: tests.get(test) for test in record}
    outcomes = {(engine, outcome) for each in record.values() for engine, outcome in each["on"].items()}
    assert outcomes <= {(engine, outcome) for engine in VERSIONS for outcome in ("passed", "failed")}
    assert RECORD.read_text() == tried_table.written(record), "`make table` writes it otherwise"


def test_the_readme_has_the_table_that_the_record_makes():
    page = README.read_text()
    assert put(page, table(json.loads(RECORD.read_text()))) == page, "`make table` makes it anew"


def test_a_cell_says_what_is_so_on_which_engine_and_one_failure_is_enough():
    assert cell({}, "bridge", "ping") == "not tried"
    assert cell({}, "null", "ping") == "–"
    one = {"tries": PING, "on": dict.fromkeys(VERSIONS, "passed")}
    assert cell({"one": one}, "bridge", "ping") == "passed"
    assert cell({"one": one}, "bridge", "MTU") == cell({"one": one}, "vxlan", "ping") == "not tried"
    other = {"tries": PING, "on": {VERSIONS[1]: "failed"}}
    assert cell({"one": one, "other": other}, "bridge", "ping") == "passed: 20.10, 28.5<br>failed: 26.1"
    assert cell({"other": other}, "bridge", "ping") == "failed: 26.1<br>not tried: 20.10, 28.5"


def test_newer_results_take_the_place_of_older_ones_where_the_test_is_the_same():
    record = {
        "t": {"tries": PING, "on": {"20.10": "failed", "26.1": "passed"}},
        "changed": {"tries": {"bridge": ["MTU"]}, "on": {"26.1": "passed"}},
        "gone": {"tries": PING, "on": {"26.1": "passed"}},
    }
    tests = {"t": PING, "changed": PING, "never": PING}
    assert merged(record, result(), tests) == {"t": {"tries": PING, "on": {"20.10": "passed", "26.1": "passed"}}}
    both = {**result(item="t[a]"), **result(item="t[b]", outcome="failed")}
    assert merged({}, both, tests)["t"]["on"] == {"20.10": "failed"}
    assert merged({}, result("gone"), tests) == {}


@pytest.mark.parametrize(
    ("phases", "outcome"),
    [
        ({"setup": "passed", "call": "passed", "teardown": "passed"}, "passed"),
        ({"setup": "passed", "call": "failed", "teardown": "passed"}, "failed"),
        ({"setup": "passed", "call": "passed", "teardown": "failed"}, "failed"),
        ({"setup": "failed", "teardown": "passed"}, "failed"),
        ({"setup": "skipped", "teardown": "passed"}, None),
    ],
)
def test_what_became_of_a_test_is_written_down_and_kept(tmp_path, monkeypatch, phases, outcome: str | None):
    monkeypatch.setenv(tried.PLACE, str(tmp_path / "new" / "tried.json"))
    begun = {name: value for name, value in result()["t[20.10]"].items() if name != "outcome"}
    inside = result("elsewhere", outcome="failed")
    recorder = Recorder(writes=True)
    recorder.pytest_runtest_logreport(report("call", "passed", *inside.values()))
    recorder.pytest_sessionfinish()
    recorder = Recorder(writes=True)
    for when, what in phases.items():
        recorder.pytest_runtest_logreport(report(when, what, begun))
    recorder.pytest_sessionfinish()
    assert tried.read(tried.place()) == {**inside, **(result(outcome=outcome) if outcome else {})}


def report(when: str, outcome: str, *results: tried.Result) -> SimpleNamespace:
    properties = [("other", 1), *((PROPERTY, each) for each in results)]
    return SimpleNamespace(
        when=when, failed=outcome == "failed", passed=outcome == "passed", user_properties=properties
    )
