"""An exercise's page as a server: what is asked and commanded, by whom, and how refusals read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.browser.sitting import HINTS, STUB, Sitting, finding, version_of
from workshop.dashboard import Dashboard
from workshop.dashboard.guard import TOKEN_HEADER
from workshop.dashboard.lesson import LARGEST_BODY, LARGEST_FILE
from workshop.dashboard.once import HEADER
from workshop.errors import CannotHere
from workshop.journal import Journal

Ask = Callable[..., tuple[int, dict[str, Any]]]

CHANGING = [
    ("POST", "/hint"),
    ("POST", "/solution"),
    ("POST", "/run"),
    ("POST", "/open"),
    ("POST", "/choose"),
    ("POST", "/reset"),
    ("PUT", "/file"),
    ("POST", "/command"),
]


@pytest.fixture
def sitting(tmp_path: Path, journal: Journal) -> Sitting:
    return Sitting(tmp_path / "workbench", journal)


@pytest.fixture
def dashboard(journal: Journal, drawing: Any, sitting: Sitting) -> Iterator[Dashboard]:
    made = Dashboard(journal, drawing, engine="practice engine 28.5", lesson=sitting)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def ask(dashboard: Dashboard) -> Ask:
    """Ask the lesson's routes as the page does: gives the status and the JSON."""

    def send(
        path: str = "", body: Any = None, method: str = "", token: str | None = None, raw: bytes | None = None
    ) -> Any:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", TOKEN_HEADER: dashboard.token if token is None else token}
        address = f"http://127.0.0.1:{dashboard.port}/api/lesson{path}"
        request = Request(address, data=data, headers=headers, method=method or ("GET" if data is None else "POST"))
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())

    return send


def test_the_page_of_an_exercise_has_a_left_column_and_a_nonce_for_the_editors_styles(get: Any) -> None:
    _, page, headers = get("/")
    nonce = page.partition('nonce="')[2].partition('"')[0]
    policy = headers["Content-Security-Policy"]
    assert 'id="lesson"' in page
    assert len(nonce) >= 16
    assert f"style-src 'self' 'nonce-{nonce}'" in policy
    assert "unsafe-inline" not in policy
    assert get("/")[2]["Content-Security-Policy"] != policy, "each answer has a nonce of its own"


def test_other_answers_carry_no_nonce(get: Any) -> None:
    for path in ("/api/lesson", "/static/js/main.js"):
        assert "nonce" not in get(path)[2]["Content-Security-Policy"]


def test_without_a_lesson_the_page_is_as_it_was(journal: Journal, drawing: Any) -> None:
    made = Dashboard(journal, drawing)
    client = made.app.test_client()
    page = client.get("/", headers={"Host": "localhost"})
    assert 'id="lesson"' not in page.text
    assert "lesson" not in page.text
    assert "nonce" not in page.headers["Content-Security-Policy"]
    assert client.get("/api/lesson", headers={"Host": "localhost"}).status_code == 404
    made.stop()


def test_the_state_comes_with_its_markdown_as_html(ask: Ask, sitting: Sitting) -> None:
    ask("/hint", {})
    status, told = ask()
    assert status == 200
    assert (told["number"], told["title"]) == (3, "Make the bridge")
    assert told["task"].startswith("# Exercise 3")
    assert "<strong>Linux bridge</strong>" in told["html"]["task"]
    assert told["hints"] == [HINTS[0]]
    assert told["html"]["hints"] == ["<p>A bridge is a link of kind <code>bridge</code>.</p>\n"]


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_whatever_changes_something_needs_the_token(ask: Ask, sitting: Sitting, method: str, path: str) -> None:
    for token in ("", "wrong"):
        status, told = ask(path, {"line": "docker ps", "number": 4, "name": "handler.py"}, method, token=token)
        assert status == 403
        assert "token" in told["error"]
    assert (sitting.hints, sitting.number, sitting.reruns, sitting.typed) == (0, 3, 0, [])


def test_reading_needs_no_token(ask: Ask) -> None:
    assert ask(token="")[0] == 200
    assert ask("/file?name=handler.py", token="")[1]["text"] == STUB


def test_each_command_is_the_lessons(ask: Ask, sitting: Sitting) -> None:
    assert ask("/hint", {})[1] == {
        "text": HINTS[0],
        "number": 1,
        "total": 3,
        "html": "<p>A bridge is a link of kind <code>bridge</code>.</p>\n",
    }
    assert ask("/run", {}) == (200, {})
    assert sitting.reruns == 1
    assert ask("/command", {"line": "docker ps"})[1] == {"code": 0, "output": "docker ps was run\n"}
    assert Path(ask("/reset", {})[1]["backup"]).read_text() == STUB
    sitting.files.append("other.py")
    assert ask("/choose", {"name": "other.py"}) == (200, {})
    assert (sitting.file, ask()[1]["file"]) == ("other.py", "other.py")
    assert ask("/choose", {"name": "third.py"}) == (400, {"error": "There is no file 'third.py' here."})
    assert ask("/reset", {"name": "other.py"})[1]["backup"].endswith("other.py.backup")
    assert ask("/open", {"number": 6}) == (200, {})
    assert sitting.number == 6


def test_what_the_lesson_refuses_is_a_sentence(ask: Ask, sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    status, told = ask("/solution", {})
    assert (status, told) == (
        409,
        {"error": "You have not passed this exercise yet. Ask with `anyway` to see it all the same."},
    )
    assert "make(request)" in ask("/solution", {"anyway": True})[1]["text"]
    assert ask("/open", {"number": 17}) == (400, {"error": "There is no exercise 17. See `python -m workshop list`."})

    def cannot(line: str) -> None:
        raise CannotHere("There is no lab.", "Load the module.")

    monkeypatch.setattr(sitting, "command", cannot)
    assert ask("/command", {"line": "docker ps"}) == (503, {"error": "There is no lab. Load the module."})


def test_a_mistake_of_our_own_is_a_sentence_too(ask: Ask, sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitting, "state", lambda: 1 / 0)
    status, told = ask()
    assert status == 500
    assert told["error"].endswith(".")
    assert "Traceback" not in told["error"]


def test_a_file_is_saved_and_gets_another_version(ask: Ask, sitting: Sitting) -> None:
    read = ask("/file?name=handler.py")[1]
    status, told = ask("/file", {"name": "handler.py", "text": "# mine\n", "version": read["version"]}, "PUT")
    assert (status, told["version"]) == (200, version_of("# mine\n"))
    assert sitting.path().read_text() == "# mine\n"


def test_a_file_that_changed_underneath_is_not_overwritten(ask: Ask, sitting: Sitting) -> None:
    version = ask("/file?name=handler.py")[1]["version"]
    sitting.path().write_text("# theirs\n")
    status, told = ask("/file", {"name": "handler.py", "text": "# mine\n", "version": version}, "PUT")
    assert status == 409
    assert told["text"] == "# theirs\n"
    assert told["version"] == version_of("# theirs\n")
    assert told["error"] == "The file has changed since it was read. Take theirs or keep yours."
    assert sitting.path().read_text() == "# theirs\n"


def test_a_file_of_a_million_bytes_is_taken_and_one_more_is_not(ask: Ask, sitting: Sitting) -> None:
    version = ask("/file?name=handler.py")[1]["version"]
    status, told = ask("/file", {"name": "handler.py", "text": "é" * 500_001, "version": version}, "PUT")
    assert status == 413
    assert "million bytes" in told["error"]
    assert sitting.path().read_text() == STUB
    text = "\x01" * LARGEST_FILE  # six bytes each on the way
    assert ask("/file", {"name": "handler.py", "text": text, "version": version}, "PUT")[0] == 200
    assert sitting.path().read_text() == text


def test_a_body_without_end_is_not_read(ask: Ask) -> None:
    status, told = ask("/file", raw=b" " * (LARGEST_BODY + 1), method="PUT")
    assert status == 413
    assert told["error"]


@pytest.mark.parametrize(
    ("path", "method", "raw", "said"),
    [
        ("/file", "PUT", b"{", "must be a JSON object"),
        ("/file", "PUT", b"[1]", "must be a JSON object"),
        ("/file", "PUT", b"{}", "`name` must be a text"),
        ("/file", "PUT", b'{"name": "handler.py", "text": 5, "version": "1"}', "`text` must be a text"),
        ("/file", "PUT", b'{"name": "handler.py", "text": "\\ud800", "version": "1"}', "half of a character"),
        ("/file", "PUT", b'{"name": "handler.py", "text": "", "version": []}', "`version` must be a text or a whole"),
        ("/open", "POST", b'{"number": "four"}', "`number` must be a whole number"),
        ("/open", "POST", b'{"number": true}', "`number` must be a whole number"),
        ("/solution", "POST", b'{"anyway": 1}', "`anyway` must be true or false"),
        ("/command", "POST", b'{"line": "   "}', "1 to 10000 characters"),
        ("/command", "POST", json.dumps({"line": "docker " + "x" * 10_000}).encode(), "1 to 10000 characters"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_what_is_wrong_with_it(
    ask: Ask, path: str, method: str, raw: bytes, said: str
) -> None:
    status, told = ask(path, raw=raw, method=method)
    assert status == 400
    assert said in told["error"]


def test_a_file_that_is_not_the_exercises_cannot_be_read(ask: Ask) -> None:
    for name in ("", "../03_create_network/handler.py", "/etc/passwd"):
        status, told = ask(f"/file?name={name}")
        assert status == 400
        assert told["error"]


def test_a_verdict_is_pushed_and_a_browser_that_comes_later_has_it_in_its_snapshot(
    connect: Any, get: Any, sitting: Sitting
) -> None:
    browser = connect()
    sitting.begin()
    (begun,) = browser.next("events")["events"]
    assert (begun["kind"], begun["data"]) == ("verdict", {"exercise": 3, "judging": True, "attempt": 1})
    lesson = json.loads(get("/api/snapshot")[1])["lesson"]
    assert lesson == {"exercise": 3, "judging": True, "attempt": 1, "verdict": None}
    sitting.end(finding())
    (ended,) = browser.next("events")["events"]
    lesson = json.loads(get("/api/snapshot")[1])["lesson"]
    assert lesson == {"exercise": 3, "judging": False, "attempt": 1, "verdict": ended["data"]}
    sitting.begin()
    browser.next("events")
    lesson = json.loads(get("/api/snapshot")[1])["lesson"]
    assert (lesson["judging"], lesson["attempt"], lesson["verdict"]["attempt"]) == (True, 2, 1)


def test_while_code_is_judged_pictures_are_few_and_the_last_comes_with_the_verdict(
    connect: Any, journal: Journal, drawing: Any, sitting: Sitting
) -> None:
    browser = connect()
    sitting.begin()
    began = time.monotonic()
    for seq in range(1, 41):
        drawing.now = {**drawing.now, "seq": seq}
        journal.append("topology", {"changes": [], "by": None})
        threading.Event().wait(0.01)
    sitting.end(finding())
    pictures = 1
    while browser.next("picture")["seq"] != 40:
        pictures += 1
    assert pictures <= (time.monotonic() - began) / 0.2 + 3  # the first, the last, and one that was on its way


def test_another_exercise_begins_without_a_verdict(connect: Any, get: Any, ask: Ask, sitting: Sitting) -> None:
    browser = connect()
    sitting.judge()
    browser.next("events")
    ask("/open", {"number": 4})
    while json.loads(get("/api/snapshot")[1])["lesson"]["exercise"] != 4:
        threading.Event().wait(0.02)
    assert json.loads(get("/api/snapshot")[1])["lesson"]["verdict"] is None


def test_who_was_judging_before_this_process_began_will_not_end(tmp_path: Path, drawing: Any) -> None:
    journal = Journal(tmp_path / "old.db")
    journal.append("verdict", {"exercise": 3, "passed": True, "attempt": 1})
    journal.append("verdict", {"exercise": 3, "judging": True, "attempt": 2})
    made = Dashboard(journal, drawing)
    made.start()
    journal.append("notice", {"text": "here"})
    while made._feed.story.seq != journal.last:
        threading.Event().wait(0.02)
    lesson = made._feed.story.snapshot()["lesson"]
    made.stop()
    journal.close()
    assert (lesson["judging"], lesson["verdict"]["passed"]) == (False, True)


def test_other_browsers_are_told_to_ask_again(connect: Any, ask: Ask) -> None:
    browser = connect()
    ask("/hint", {})
    assert browser.next("lesson") == {}
    ask("/reset", {})
    assert browser.next("lesson") == {}


def test_lines_of_a_call_say_where_they_came_from(connect: Any, get: Any, journal: Journal) -> None:
    browser = connect()
    number = journal.next_call()
    journal.append("call.started", {"route": "NetworkDriver.Join"}, number)
    journal.append("output", {"stream": "stdout", "text": "here"}, number)
    journal.append("output", {"stream": "traceback", "text": "KeyError: 'x'"}, number)
    journal.append("output", {"text": "there"}, number)
    last = journal.last
    while browser.next("events")["last"] != last:
        pass
    (call,) = json.loads(get("/api/snapshot")[1])["calls"]
    assert call["output"] == ["here", "KeyError: 'x'", "there"]
    assert call["streams"] == ["stdout", "traceback", "stdout"]


def test_what_is_asked_again_with_the_same_word_is_done_once(dashboard: Dashboard, sitting: Sitting) -> None:
    begun, free = threading.Event(), threading.Event()

    def slowly(line: str) -> dict[str, Any]:
        sitting.typed.append(line)
        begun.set()
        free.wait(10)
        return {"code": 0, "output": f"{len(sitting.typed)}"}

    sitting.command = slowly  # type: ignore[method-assign]
    answers: list[Any] = []

    def send(word: str) -> None:
        headers = {TOKEN_HEADER: dashboard.token, "Content-Type": "application/json", HEADER: word}
        address = f"http://127.0.0.1:{dashboard.port}/api/lesson/command"
        with urlopen(Request(address, b'{"line": "docker run x"}', headers), timeout=10) as answer:
            answers.append((answer.status, json.loads(answer.read())))

    first = threading.Thread(target=send, args=("one",))
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=send, args=("one",))
    second.start()
    free.set()
    first.join()
    second.join()
    send("one")
    assert answers == [(200, {"code": 0, "output": "1"})] * 3
    send("another")
    assert sitting.typed == ["docker run x"] * 2


def test_a_refusal_is_the_same_when_asked_again(dashboard: Dashboard, sitting: Sitting) -> None:
    headers = {TOKEN_HEADER: dashboard.token, HEADER: "one", "Host": "localhost"}
    client = dashboard.app.test_client()
    first = client.post("/api/lesson/solution", json={}, headers=headers)
    sitting.passed.add(3)
    again = client.post("/api/lesson/solution", json={}, headers=headers)
    other = client.post("/api/lesson/solution", json={}, headers={**headers, HEADER: "another"})
    assert (first.status_code, again.status_code, other.status_code) == (409, 409, 200)
    assert first.json == again.json
