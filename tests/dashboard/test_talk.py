"""A talk's routes: its state for everybody, presses for who has the token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.dashboard.conftest import Browser, Drawing
from workshop.dashboard import Dashboard
from workshop.dashboard.talk import part
from workshop.errors import UsageError, WorkshopError
from workshop.journal import Journal


class Talk:
    """A talk that only notes what was pressed."""

    def __init__(self) -> None:
        self.pressed: list[tuple[int | None, str | None]] = []
        self.tell: Callable[[dict[str, Any]], None] = lambda state: None

    def state(self) -> dict[str, Any]:
        return {"version": 3, "number": 1}

    def on_change(self, listener: Callable[[dict[str, Any]], None]) -> None:
        self.tell = listener

    def press(self, *, after: int | None = None, chapter: str | None = None) -> None:
        if chapter == "nine":
            raise UsageError("There is no chapter 'nine'.")
        if chapter == "busy":
            raise WorkshopError("This chapter has not ended yet.")
        self.pressed.append((after, chapter))


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def shown(tmp_path: Path, talk: Talk) -> Iterator[Dashboard]:
    journal = Journal(tmp_path / "journal.db")
    made = Dashboard(journal, Drawing(), parts=[part(talk)])
    made.start()
    yield made
    made.stop()
    journal.close()


def ask(shown: Dashboard, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **({"X-Workshop-Token": token} if token else {})}
    try:
        with urlopen(Request(f"http://127.0.0.1:{shown.port}{path}", data, headers)) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def test_everybody_may_look_and_who_has_the_token_may_press(shown: Dashboard, talk: Talk):
    assert ask(shown, "/api/talk") == (200, {"version": 3, "number": 1})
    assert ask(shown, "/api/talk/press", {"after": 1})[0] == 403
    assert ask(shown, "/api/talk/press", {"after": 1}, "wrong")[0] == 403
    assert not talk.pressed
    assert ask(shown, "/api/talk/press", {"after": 1}, shown.token) == (200, {})
    assert ask(shown, "/api/talk/press", {"after": 1, "chapter": "ping"}, shown.token) == (200, {})
    assert talk.pressed == [(1, None), (1, "ping")]


def test_what_cannot_be_is_refused_in_a_sentence(shown: Dashboard, talk: Talk):
    for body in ([], "x"):
        told = {"error": "The request's body must be a JSON object."}
        assert ask(shown, "/api/talk/press", body, shown.token) == (400, told)
    for body in ({}, {"after": "1"}, {"after": True}, {"after": 1, "chapter": 5}):
        status, told = ask(shown, "/api/talk/press", body, shown.token)
        assert status == 400 and told["error"].startswith("`after` must be the number"), body
    asked = {"after": 1, "chapter": "nine"}
    assert ask(shown, "/api/talk/press", asked, shown.token) == (400, {"error": "There is no chapter 'nine'."})
    asked = {"after": 1, "chapter": "busy"}
    assert ask(shown, "/api/talk/press", asked, shown.token) == (409, {"error": "This chapter has not ended yet."})


def test_every_browser_is_told_and_the_page_knows_that_there_is_a_talk(shown: Dashboard, talk: Talk):
    browser = Browser(shown.port)
    talk.tell({"version": 4})
    assert browser.next("talk") == {"version": 4}
    with urlopen(f"http://127.0.0.1:{shown.port}/") as page:
        assert 'data-can="talk"' in page.read().decode()
