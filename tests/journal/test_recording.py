"""Recorded sessions: those that ship are whole, what is written is read again, and what is no recording says so."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.journal.story import Story
from workshop import resources
from workshop.errors import WorkshopError
from workshop.journal import Journal, recording
from workshop.journal.calls import Calls, State
from workshop.protocol.routes import NETWORK_ROUTES
from workshop.topology.graph import last_graph, links

SHIPPED = sorted((resources.path("slides") / "recordings").glob("*.jsonl*"))


def test_two_recordings_ship():
    assert [path.name for path in SHIPPED] == ["bridge.jsonl", "swarm.jsonl"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_recording_that_ships_is_whole_and_says_first_what_it_is(path: Path):
    events = recording.read(path)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[0].data["did"].startswith("Docker Engine 28.5.")
    calls = list(Calls(events))
    assert [call.number for call in calls] == list(range(1, len(calls) + 1))
    assert all(call.state is not State.RUNNING for call in calls)
    assert [event.at for event in events] == sorted(event.at for event in events)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_recording_that_ships_names_nothing_of_the_machine_that_made_it(path: Path):
    text = path.read_text()
    assert not [word for word in ("/tmp", "/home/", "/root", "/work", "ws-engine") if word in text]
    assert {call.host for call in Calls(recording.read(path))} == {"host"}


def test_every_route_of_a_network_driver_is_in_one_of_them_and_a_failing_call_and_something_left_over():
    sessions = {path.name: recording.read(path) for path in SHIPPED}
    calls = [call for events in sessions.values() for call in Calls(events)]
    assert {route.full_name for route in NETWORK_ROUTES} <= {call.route for call in calls}
    assert [call.error for call in calls if call.state is State.FAILED] == [
        "option parent: there is no link nosuch0; there are docker0, docker_gwbridge, wire1"
    ]
    left = [link["name"] for link in links(last_graph(sessions["swarm.jsonl"])).values() if link["left_over"]]
    assert left == ["mine0"]
    assert not [link for link in links(last_graph(sessions["bridge.jsonl"])).values() if link["network"]]


@pytest.mark.parametrize("name", ["session.jsonl", "session.jsonl.gz"])
def test_what_was_written_is_read_again(journal: Journal, tmp_path: Path, name: str):
    journal.append("notice", {"level": "info", "text": "a\nb\u2028c </script>", "host": ""})
    journal.append("call.started", {"route": "Plugin.Activate"}, 1)
    path = tmp_path / name
    assert recording.write(journal.since(0), path) == 2
    assert recording.read(path) == journal.since(0)
    assert recording.read(path)[1:] == journal.since(1)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


GOOD = '{"seq":1,"at":1.5,"kind":"notice","call":null,"data":{}}\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no event in it"),
        ("\n \n", "there is no event in it"),
        (GOOD + GOOD[:30], "line 2: it is cut off"),
        (GOOD[:30] + "\n" + GOOD, "line 1: it is no JSON"),
        ("SQLite format 3\0\xff", "line 1"),
        ("[1]\n", "line 1: it is no event with"),
        (GOOD + GOOD, "line 2: event 1 comes after event 1"),
        (GOOD + GOOD.replace('"seq":1', '"seq":3'), "line 2: event 3 comes after event 1"),
        (GOOD.replace('"seq":1', '"seq":true'), "line 1: `seq` must be a whole number"),
        (GOOD.replace("1.5", "-1.5"), "line 1: `at` must be"),
        (GOOD.replace("1.5", "NaN"), "line 1: it has a number that JSON has not"),
        (GOOD + GOOD.replace('"seq":1', '"seq":2').replace("{}", '{"x":-1e999}'), "line 2: it has a number that JSON"),
        (GOOD.replace("{}", '{"x":[Infinity]}'), "line 1: it has a number that JSON has not"),
        (GOOD.replace("notice", "gossip"), "line 1: there is no kind of event 'gossip'"),
        (GOOD.replace("null", '"4"'), "line 1: `call` must be"),
        (GOOD.replace("{}", "[]"), "line 1: `data` must be"),
        ("[" * 100_000 + "\n", "line 1: it is no JSON"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_line(tmp_path: Path, text: str, why: str):
    path = tmp_path / "session.jsonl"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(WorkshopError) as caught:
        recording.read(path)
    assert why in caught.value.message and "\n" not in caught.value.message
    assert "export" in caught.value.remedy


def test_a_compressed_recording_that_is_cut_off_is_refused(journal: Journal, tmp_path: Path):
    for number in range(500):
        journal.append("notice", {"level": "info", "text": str(number), "host": ""})
    whole = tmp_path / "whole.jsonl.gz"
    recording.write(journal.since(0), whole)
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(whole.read_bytes()[:600])
    with pytest.raises(WorkshopError, match="ends or breaks there"):
        recording.read(cut)
    assert gzip.decompress(whole.read_bytes()).count(b"\n") == 500


def test_a_file_that_is_not_there_or_a_folder_is_told_in_a_sentence(tmp_path: Path, story: Story):
    with pytest.raises(WorkshopError, match="There is no file"):
        recording.read(tmp_path / "none.jsonl")
    with pytest.raises(WorkshopError, match="cannot be read"):
        recording.read(tmp_path)
    with pytest.raises(WorkshopError, match="cannot be written"):
        recording.write([story.start(1)], tmp_path / "none" / "session.jsonl")
