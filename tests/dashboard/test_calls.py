"""What is asked about calls: one with all that it has, as a command, as files; and the summaries of old ones."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from workshop.dashboard import Dashboard
from workshop.dashboard import story as stories
from workshop.dashboard.kept import SUMMARY
from workshop.dashboard.story import WHOLE_CALLS, Story
from workshop.journal import Journal
from workshop.protocol import ROUTES

NETWORK = "a" * 64


def a_call(journal: Journal, *, route: str = "NetworkDriver.CreateNetwork", finish: bool = True, **answer: Any) -> int:
    number = journal.next_call()
    request = {"NetworkID": NETWORK, "Name": "v1"}
    journal.append("call.started", {"host": "alpha", "route": route, "request": request, "network": NETWORK}, number)
    journal.append("kernel", {"host": "alpha", "tool": "ip", "command": f"ip link add wsb{number}"}, number)
    journal.append("output", {"stream": "stderr", "text": f"printed by {number}"}, number)
    if finish:
        error = answer.get("Err")
        journal.append("call.finished", {"status": 200, "answer": answer, "error": error, "duration_ms": 1.5}, number)
    return number


def settled(dashboard: Dashboard, journal: Journal) -> None:
    for _ in range(200):
        if dashboard._feed.story.seq == journal.last:
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"the story stays at {dashboard._feed.story.seq} of {journal.last}")


def test_of_old_calls_the_snapshot_has_the_summary_and_those_under_way_stay_whole(journal: Journal) -> None:
    running = a_call(journal, finish=False)
    for _ in range(WHOLE_CALLS + 1):
        a_call(journal, route="VolumeDriver.Create")
    story = Story()
    story.apply(journal.since(0))
    told = story.snapshot()
    assert [call["number"] for call in told["calls"]] == [running, *range(3, WHOLE_CALLS + 3)]
    (row,) = told["older"]["rows"]
    old = dict(zip(told["older"]["columns"], row, strict=True))
    assert (old["number"], old["state"], old["volume"], old["printed"]) == (2, "done", "v1", 1)
    assert old["network"] == NETWORK
    assert told["older"]["columns"] == SUMMARY
    assert json.loads(story.as_json(session="x"))["older"]["rows"] == [row]
    journal.append("output", {"stream": "stdout", "text": "late"}, 2)
    story.apply(journal.since(story.seq))
    assert story.snapshot()["older"]["rows"][0][-1] == 2
    (whole,) = story.whole(journal.of_call(2))
    assert whole["output"] == ["printed by 2", "late"]
    assert whole["streams"] == ["stderr", "stdout"]
    assert whole["request"]["NetworkID"] == NETWORK


def test_a_call_is_told_with_all_that_it_has_or_that_it_is_gone(get: Any, journal: Journal) -> None:
    number = a_call(journal, Err="no room")
    status, body, _ = get(f"/api/calls/{number}")
    told = json.loads(body)
    assert (status, told["error"], told["commands"][0]["command"]) == (200, "no room", "ip link add wsb1")
    curl = json.loads(get(f"/api/calls/{number}/curl")[1])["curl"]
    assert curl.startswith("curl --unix-socket /run/docker/plugins/workshop.sock ")
    for path in ("/api/calls/7", "/api/calls/7/curl", f"/api/calls/{'9' * 30}"):
        status, body, _ = get(path)
        assert status == 404
        assert "no longer kept" in json.loads(body)["error"]


def test_a_command_goes_where_the_hosts_plugin_listens(journal: Journal, drawing: Any) -> None:
    made = Dashboard(journal, drawing, plugin_of=lambda host: f"unix:///run/{host}.sock")
    number = a_call(journal)
    answer = made.app.test_client().get(f"/api/calls/{number}/curl", base_url="http://127.0.0.1/")
    assert answer.get_json()["curl"].startswith("curl --unix-socket /run/alpha.sock ")
    made.stop()


def test_those_asked_for_are_exported_in_every_format(get: Any, journal: Journal, dashboard: Dashboard) -> None:
    for _ in range(5):
        a_call(journal)
    settled(dashboard, journal)
    status, body, headers = get("/api/export/jsonl?calls=1-2,5,9-12")
    assert (status, [json.loads(line)["number"] for line in body.splitlines()]) == (200, [1, 2, 5])
    assert headers["Content-Disposition"] == 'attachment; filename="calls.jsonl"'
    assert len(json.loads(get("/api/export/har")[1])["log"]["entries"]) == 5
    script = get("/api/export/sh?calls=3")
    assert script[1].endswith("ip link add wsb3\n")
    assert script[2]["Content-Disposition"] == 'attachment; filename="call-3.sh"'
    assert get("/api/export/curl?calls=2-3")[1].count("curl --unix-socket") == 2


@pytest.mark.parametrize("path", ["jsonl?calls=", "jsonl?calls=x", "jsonl?calls=1-", "har?calls=٣"])
def test_ranges_that_are_none_are_refused_in_words(get: Any, path: str) -> None:
    from urllib.parse import quote

    status, body, _ = get(f"/api/export/{quote(path, safe='?=')}")
    assert status == 400
    assert "such as 1-40,42" in json.loads(body)["error"]
    assert get("/api/export/pdf")[0] == 404


def test_the_table_explains_every_field_of_every_route(get: Any) -> None:
    told = json.loads(get("/api/protocol")[1])
    assert list(told["routes"]) == [route.full_name for route in ROUTES]
    for route in told["routes"].values():
        for body in (route["request"] or {}, route["answer"]):
            assert all(field["meaning"] and field["type"] for field in body.values())
            assert {field["part"] for field in body.values()} - {None} <= set(told["parts"])
    labels = {label["key"]: label for label in told["labels"]}
    assert labels["com.docker.network.portmap"]["part"] == "PortBinding"


def test_only_so_many_calls_are_kept_and_of_the_rest_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "KEPT_CALLS", WHOLE_CALLS + 10)
    story = stories.Story(before=3)
    a_call(journal, finish=False)
    for _ in range(WHOLE_CALLS + 20):
        a_call(journal)
    story.apply(journal.since(0))
    told = story.snapshot()
    assert [row[0] for row in told["older"]["rows"]] == list(range(12, 22))
    assert [call["number"] for call in told["calls"]] == list(range(22, WHOLE_CALLS + 22))
    assert story.numbers() == list(range(12, WHOLE_CALLS + 22))
