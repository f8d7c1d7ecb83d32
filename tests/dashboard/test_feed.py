"""The way of events: pushed in batches, caught up from the journal, or told as a snapshot."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from workshop.dashboard import Dashboard
from workshop.dashboard.feed import Feed
from workshop.dashboard.views import CATCH_UP
from workshop.journal import Journal

NETWORK = "a" * 64


def a_call(journal: Journal, *, finish: bool = True, **answer: Any) -> int:
    number = journal.next_call()
    about = {"network": NETWORK, "endpoint": None}
    journal.append("call.started", {"route": "NetworkDriver.CreateNetwork", "request": {}, **about}, number)
    if finish:
        ended = {
            "status": 200,
            "answer": answer,
            "error": answer.get("Err"),
            "duration_ms": 1.5,
            "waited_ms": 0,
        }
        journal.append("call.finished", ended, number)
    return number


def snapshot(get: Any) -> dict[str, Any]:
    return json.loads(get("/api/snapshot")[1])


def settled(get: Any, journal: Journal) -> dict[str, Any]:
    """The snapshot once everything in the journal is in it."""
    for _ in range(100):
        told = snapshot(get)
        if told["seq"] == journal.last:
            return told
        threading.Event().wait(0.02)
    raise AssertionError(f"the story stays at {told['seq']} of {journal.last}")


def test_a_call_is_pushed_when_it_starts_and_again_when_it_ends(connect: Any, journal: Journal) -> None:
    browser = connect()
    number = a_call(journal, finish=False)
    (started,) = browser.next("events")["events"]
    assert (started["kind"], started["call"]) == ("call.started", number)
    journal.append("call.finished", {"status": 200, "answer": {}, "error": None}, number)
    (finished,) = browser.next("events")["events"]
    assert (finished["kind"], finished["seq"]) == ("call.finished", started["seq"] + 1)


def test_many_events_from_many_threads_are_pushed_once_and_in_order(connect: Any, journal: Journal) -> None:
    browsers = [connect(), connect()]
    writers = [threading.Thread(target=lambda: [a_call(journal) for _ in range(100)]) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    for browser in browsers:
        numbers: list[int] = []
        while not numbers or numbers[-1] < 800:
            numbers += [event["seq"] for event in browser.next("events")["events"]]
        assert numbers == list(range(1, 801))


def test_a_change_of_the_network_brings_its_picture(connect: Any, journal: Journal, drawing: Any) -> None:
    browser = connect()
    found_by = {"mac": "02:42:0a:09:00:01", "addresses": ["10.9.0.1/24"], "network_name": "cafe"}
    link = {"id": "4:1/2", "name": "wsb1", "kind": "bridge", "made_by": 7, "peer": None, **found_by}
    space = {"id": "4:1", "container": None, "links": [link]}
    drawing.now = {"seq": 1, "at": 0.0, "hosts": [{"name": "alpha", "namespaces": [space]}], "unseen": []}
    journal.append("topology", {"changes": [], "by": None})
    picture = browser.next("picture")
    while picture["seq"] != 1:  # the first shows what was before
        picture = browser.next("picture")
    assert picture["dot"] == "graph g { seq_1 }"
    assert picture["links"]["4:1/2"]["made_by"] == 7
    assert picture["links"]["4:1/2"].items() >= found_by.items()  # the page finds links by these


def test_a_burst_of_changes_is_few_pictures_and_the_newest_is_the_last(
    connect: Any, journal: Journal, drawing: Any
) -> None:
    browser = connect()
    for seq in range(1, 301):
        drawing.now = {**drawing.now, "seq": seq}
        journal.append("topology", {"changes": [], "by": None})
    pictures = 1
    while browser.next("picture")["seq"] != 300:
        pictures += 1
    assert pictures < 100


def test_while_code_is_judged_events_are_gathered_and_the_verdict_is_told_at_once(
    connect: Any, journal: Journal
) -> None:
    browser = connect()
    journal.append("verdict", {"exercise": 3, "judging": True, "attempt": 1})
    (begun,) = browser.next("events")["events"]
    for _ in range(20):
        a_call(journal)
        time.sleep(0.005)
    journal.append("verdict", {"exercise": 3, "passed": True, "attempt": 1})
    ended = time.monotonic()
    told = browser.next("events")["events"]
    assert time.monotonic() - ended < 0.3
    assert [event["seq"] for event in told] == list(range(begun["seq"] + 1, journal.last + 1))
    assert told[-1]["data"] == {"exercise": 3, "passed": True, "attempt": 1}


def test_a_long_judgement_is_told_of_before_it_ends(connect: Any, journal: Journal) -> None:
    browser = connect()
    journal.append("verdict", {"exercise": 3, "judging": True, "attempt": 1})
    browser.next("events")
    number = a_call(journal)
    assert {event["call"] for event in browser.next("events")["events"]} == {number}


def test_a_picture_that_cannot_be_made_does_not_stop_the_calls(
    connect: Any, journal: Journal, drawing: Any, get: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = connect()

    def broken() -> str:
        raise ValueError("no picture today")

    monkeypatch.setattr(drawing, "dot", broken)
    journal.append("topology", {"changes": [], "by": None})
    a_call(journal)
    seen: list[str] = []
    while "call.finished" not in seen:
        seen += [event["kind"] for event in browser.next("events")["events"]]
    assert snapshot(get)["picture"] is None


def test_who_comes_later_is_given_the_newest_picture(connect: Any, journal: Journal, drawing: Any) -> None:
    drawing.now = {**drawing.now, "seq": 5}
    first = connect()
    journal.append("topology", {"changes": [], "by": None})
    while first.next("picture")["seq"] != 5:
        pass
    assert connect().next("picture")["seq"] == 5


def test_what_was_missed_is_fetched_exactly(get: Any, journal: Journal) -> None:
    for _ in range(5):
        a_call(journal)
    status, body, _ = get("/api/events?since=4")
    told = json.loads(body)
    assert status == 200
    assert [event["seq"] for event in told["events"]] == [5, 6, 7, 8, 9, 10]
    assert told["last"] == 10
    assert json.loads(get("/api/events?since=10")[1])["events"] == []


def test_who_missed_too_much_or_knows_another_journal_gets_a_snapshot(get: Any, journal: Journal) -> None:
    for _ in range(CATCH_UP // 2 + 1):
        a_call(journal)
    assert json.loads(get("/api/events?since=0")[1])["snapshot"] is True
    assert json.loads(get(f"/api/events?since={journal.last + 1}")[1])["snapshot"] is True
    assert "snapshot" not in json.loads(get(f"/api/events?since={journal.last - CATCH_UP}")[1])


@pytest.mark.parametrize("since", ["", "-1", "x", "1.5", "٣", "9" * 30])
def test_a_number_that_is_none_is_refused_in_words(get: Any, since: str) -> None:
    from urllib.parse import quote

    status, body, _ = get(f"/api/events?since={quote(since)}")
    assert status == 400
    assert "`since`" in json.loads(body)["error"]


def test_a_whole_graph_is_not_sent_among_the_events(get: Any, journal: Journal) -> None:
    journal.append("topology", {"graph": {"hosts": []}, "by": None})
    (event,) = json.loads(get("/api/events?since=0")[1])["events"]
    assert event["data"] == {"by": None}


def test_a_snapshot_has_calls_lines_names_graph_and_picture(get: Any, journal: Journal) -> None:
    journal.append("docker", {"networks": {NETWORK: {"name": "shop", "driver": "workshop"}}, "did": "shop was made."})
    number = a_call(journal, Err="no room")
    journal.append("kernel", {"tool": "ip", "command": "ip link add x"}, number)
    journal.append("notice", {"level": "warning", "text": "beware", "host": None})
    journal.append("docker", {"networks": {NETWORK: None}})
    told = settled(get, journal)
    (call,) = told["calls"]
    assert (call["number"], call["state"], call["error"]) == (number, "failed", "no room")
    assert [command["command"] for command in call["commands"]] == ["ip link add x"]
    assert [(line["level"], line["text"]) for line in told["lines"]] == [
        ("did", "shop was made."),
        ("warning", "beware"),
    ]
    assert told["names"]["networks"][NETWORK]["name"] == "shop"
    assert told["graph"]["hosts"] == []
    assert told["picture"]["dot"].startswith("graph")
    assert told["facts"]["engine"] == "practice engine 28.5"


def test_a_call_that_an_earlier_process_never_answered_is_lost(tmp_path: Path, drawing: Any) -> None:
    journal = Journal(tmp_path / "old.db")
    a_call(journal, finish=False)
    made = Dashboard(journal, drawing)
    made.start()
    a_call(journal, finish=False)
    states: list[str] = []
    for _ in range(100):
        states = [call["state"] for call in made._feed.story.snapshot()["calls"]]
        if len(states) == 2:
            break
        threading.Event().wait(0.02)
    made.stop()
    journal.close()
    assert states == ["lost", "running"]


def test_the_feed_rests_when_the_journal_is_closed(tmp_path: Path, drawing: Any) -> None:
    import time

    journal = Journal(tmp_path / "closed.db")
    made = Dashboard(journal, drawing)
    made.start()
    journal.close()
    before = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - before < 0.1
    made.stop()


def test_a_long_journal_is_read_at_once_and_who_came_meanwhile_asks_for_the_rest(
    journal: Journal, drawing: Any
) -> None:
    for _ in range(800):
        journal.append("topology", {"changes": [], "by": None})
        a_call(journal)
    told: list[tuple[str, Any]] = []
    feed = Feed(journal, drawing, lambda *message: told.append(message))
    feed.start()
    for _ in range(200):
        if told and told[-1][0] == "picture":
            break
        threading.Event().wait(0.02)
    feed.stop()
    assert feed.story.seq == journal.last
    assert [name for name, _ in told] == ["events", "picture"]
    assert [event["seq"] for event in told[0][1]["events"]] == [journal.last]
