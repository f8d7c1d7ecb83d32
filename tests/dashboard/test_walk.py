"""The packet walk's routes: who may walk, what is answered, and what every browser is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.dashboard.conftest import Drawing
from workshop.dashboard import Dashboard
from workshop.dashboard.walk import part
from workshop.errors import CannotHere, UsageError, WorkshopError
from workshop.journal import Journal


class Strider:
    """A stand-in for who walks."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self.number, self.capture = journal, 0, b""
        self.asked: list[tuple[str, str, int | None]] = []
        self.refuses: WorkshopError | None = None

    def ends(self) -> list[dict[str, Any]]:
        return [{"name": "web", "role": "container", "host": "alpha", "space": "4:1", "ports": []}]

    def walk(self, source: str, target: str, port: int | None = None) -> dict[str, Any]:
        if self.refuses:
            raise self.refuses
        self.asked.append((source, target, port))
        self.number, self.capture = self.number + 1, b"a capture"
        result = {"summary": f"{source} → {target}: answered.", "number": self.number, "hops": []}
        self._journal.append("walk", result)
        return result


@pytest.fixture
def strider(journal: Journal) -> Strider:
    return Strider(journal)


@pytest.fixture
def dashboard(journal: Journal, drawing: Drawing, strider: Strider) -> Iterator[Dashboard]:
    made = Dashboard(journal, drawing, parts=[part(strider)])
    made.start()
    yield made
    made.stop()


def post(dashboard: Dashboard, body: Any, token: str | None = None, once: str = "") -> tuple[int, dict[str, Any]]:
    headers = {"X-Workshop-Token": dashboard.token if token is None else token, "Content-Type": "application/json"}
    headers |= {"X-Workshop-Once": once} if once else {}
    request = Request(f"http://127.0.0.1:{dashboard.port}/api/walk", json.dumps(body).encode(), headers)
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


ASKED = {"from": "web", "to": "db", "tcp": None}


def test_a_walk_needs_the_token_and_is_told_to_every_browser(
    dashboard: Dashboard, strider: Strider, connect: Any, get: Any
) -> None:
    assert post(dashboard, ASKED, token="wrong")[0] == 403
    assert strider.asked == []
    browser = connect()
    status, result = post(dashboard, {**ASKED, "tcp": 80})
    assert (status, result["number"], strider.asked) == (200, 1, [("web", "db", 80)])
    (event,) = browser.next("events")["events"]
    assert (event["kind"], event["data"]["summary"]) == ("walk", "web → db: answered.")
    snapshot = json.loads(get("/api/snapshot")[1])
    assert [walk["number"] for walk in snapshot["walks"]] == [1]
    assert snapshot["lines"][-1]["text"] == "web → db: answered."
    assert "walk" in snapshot["facts"]["can"]


def test_what_is_asked_twice_is_walked_once(dashboard: Dashboard, strider: Strider) -> None:
    assert post(dashboard, ASKED, once="word") == post(dashboard, ASKED, once="word")
    assert len(strider.asked) == 1


@pytest.mark.parametrize(
    "body",
    [{}, [], {"from": "web"}, {"from": "", "to": "db"}, {"from": "x" * 301, "to": "db"}, {**ASKED, "tcp": "80"},
     {**ASKED, "tcp": True}, {"from": 1, "to": 2}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_a_sentence(dashboard: Dashboard, strider: Strider, body: Any) -> None:
    status, answer = post(dashboard, body)
    assert (status, strider.asked) == (400, [])
    assert answer["error"].endswith(".")


@pytest.mark.parametrize(
    ("error", "status"),
    [(UsageError("There is none."), 400), (WorkshopError("Not now."), 409), (CannotHere("Not here."), 503)],
)
def test_what_the_walker_refuses_is_answered(dashboard: Dashboard, strider: Strider, error: Any, status: int) -> None:
    strider.refuses = error
    assert post(dashboard, ASKED) == (status, {"error": str(error)})


def test_ends_and_the_last_capture_can_be_had(dashboard: Dashboard, get: Any) -> None:
    assert json.loads(get("/api/walk")[1])["ends"][0]["name"] == "web"
    assert get("/api/walk/1.pcapng")[0] == 404
    post(dashboard, ASKED)
    status, body, headers = get("/api/walk/1.pcapng")
    assert (status, body) == (200, "a capture")
    assert headers["Content-Disposition"] == 'attachment; filename="walk-1.pcapng"'
    post(dashboard, ASKED)
    assert get("/api/walk/1.pcapng")[0] == 404
