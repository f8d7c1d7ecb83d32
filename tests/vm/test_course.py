"""Exercise 13 on Debian's kernel, which has ipvlan: nothing is left out there, and causes are told as elsewhere."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from tests.course.test_cases import CASES, head, told
from tests.support.vm import VM
from workshop.course import exercise as room

EXERCISE = room.find("ipvlan")
FOLDER = CASES / EXERCISE.label
SOLUTION, STUB, IN_JOIN = EXERCISE.solution("handler.py"), EXERCISE.stub("handler.py"), FOLDER / "right" / "in_join.py"
WRONG = [
    FOLDER / "wrong" / f"{name}.py" for name in ("a_gateway_in_l3", "any_mac_will_do", "looks_at_links_of_the_host")
]
"""Those that another kernel judges by less; an emulated processor is 20 times slower, so they are few."""


@pytest.fixture(scope="module")
def verdicts(vm: VM) -> dict[str, dict[str, Any]]:
    """The verdicts on all of them, in one lab, by the file's name."""
    files = [SOLUTION, STUB, IN_JOIN, *WRONG]
    judge = f"{sys.executable} -m tests.course.judging {EXERCISE.label} {EXERCISE.engine}"
    done = vm.run("sh", "-c", f"printf '%s\\n' {' '.join(map(str, files))} | {judge}", timeout=580)
    ready, *found = map(json.loads, done.stdout.splitlines())
    assert ready == {"ready": True}
    return {file.name: verdict for file, verdict in zip(files, found, strict=True)}


@pytest.mark.parametrize("name", [SOLUTION.name, IN_JOIN.name])
def test_containers_with_an_ipvlan_reach_each_other_in_both_modes(verdicts: dict[str, dict[str, Any]], name: str):
    verdict = verdicts[name]
    assert verdict["passed"], told(verdict)
    assert "notes" not in verdict
    states = {(each["variant"].split(",")[0], each["check"]): each["state"] for each in verdict["checks"]}
    assert set(states.values()) == {"passed"}
    for mode in ("l2", "l3"):
        for check in ("started", "interface", "ping", "outside"):
            assert states[f"two containers in mode {mode}", check] == "passed"


def test_the_stub_is_told_that_there_is_no_ipvlan(verdicts: dict[str, dict[str, Any]]):
    assert verdicts[STUB.name]["findings"][0]["check"] == "ipvlan", told(verdicts[STUB.name])


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_handler_is_told_its_cause(verdicts: dict[str, dict[str, Any]], path: Any):
    verdict, wanted = verdicts[path.name], head(path)
    first = verdict["findings"][0]
    assert first["check"] == wanted["cause"], told(verdict)
    assert wanted.get("seen", "") in first["seen"], told(verdict)
