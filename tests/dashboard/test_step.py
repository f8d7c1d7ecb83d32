"""Step mode's routes: what may be asked freely, what needs the token, and how refusals read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.shell import until
from tests.support.stepping import Steps
from workshop.dashboard import Dashboard, step
from workshop.journal import Journal
from workshop.plugin.holding import MANAGED, Call, Gate


@pytest.fixture
def gate(journal: Journal) -> Iterator[Gate]:
    made = Gate(journal, MANAGED)
    yield made
    made.end()


@pytest.fixture
def dashboard(journal: Journal, drawing: Any, gate: Gate) -> Iterator[Dashboard]:
    made = Dashboard(journal, drawing, parts=[step.part(gate, lambda: {"alpha": ["n1"]})])
    made.start()
    yield made
    made.stop()


@pytest.fixture
def steps(dashboard: Dashboard) -> Steps:
    return Steps(lambda: dashboard.url)


def hold(gate: Gate, number: int) -> threading.Thread:
    """A call that passes the gate in a thread."""
    call = Call(number, "alpha", "NetworkDriver.Join", "n1", "e1", {"NetworkID": "n1"})
    thread = threading.Thread(target=gate.before_handler, args=(call,), daemon=True)
    thread.start()
    assert until(lambda: any(one["number"] == number for one in gate.state()["held"]), 5)
    return thread


def test_the_page_is_told_that_the_session_has_step_mode(get: Any) -> None:
    assert 'data-can="step"' in get("/")[1]


def test_whoever_opens_the_page_sees_rules_held_calls_and_faults(steps: Steps, gate: Gate) -> None:
    gate.add(route="NetworkDriver.Join")
    hold(gate, 7)
    status, state = steps.ask(token="")
    assert status == 200
    assert [rule["route"] for rule in state["rules"]] == ["NetworkDriver.Join"]
    assert [(one["number"], one["where"], one["request"]) for one in state["held"]] == [
        (7, "handler", {"NetworkID": "n1"})
    ]
    assert state["networks"] == {"alpha": ["n1"]}
    assert state["limit"]["seconds"] == 30
    assert {"err", "death"} < {fault["name"] for fault in state["faults"]}
    assert all(fault["title"] and fault["does"] and fault["look_for"] for fault in state["faults"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/rules", {}), ("DELETE", "/rules", None), ("DELETE", "/rules/1", None), ("POST", "/release", {})],
)
def test_what_changes_something_needs_the_token(steps: Steps, gate: Gate, method: str, path: str, body: Any) -> None:
    gate.add()
    status, said = steps.ask(path, body, method, token="wrong")
    assert (status, "token" in said["error"]) == (403, True)
    assert len(gate.state()["rules"]) == 1


def test_a_held_call_is_let_go_and_every_browser_is_told(steps: Steps, gate: Gate, connect: Any) -> None:
    browser = connect()
    steps.add(route="NetworkDriver.Join")
    assert browser.next("step") == {}
    thread = hold(gate, 7)
    assert browser.next("step") == {}
    steps.release(7, "err")
    thread.join(5)
    assert not thread.is_alive()
    assert browser.next("step") == {}
    assert steps.held() == []
    steps.clear()
    assert gate.state()["rules"] == []


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/rules", [], "JSON object"),
        ("/rules", {"route": "Nonsense"}, "no route"),
        ("/rules", {"route": 5}, "text"),
        ("/rules", {"network": "n" * 200}, "at most"),
        ("/rules", {"once": "yes"}, "true or false"),
        ("/rules", {"fault": "nonsense"}, "no fault"),
        ("/release", {"call": "7"}, "number"),
        ("/release", {"call": 7}, "not held"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(steps: Steps, path: str, body: Any, said: str) -> None:
    status, answer = steps.ask(path, body)
    assert status == 400
    assert said in answer["error"]
