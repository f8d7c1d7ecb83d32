"""The network at any event: what was folded once is what a reader from the beginning finds, however one jumps."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.topology.test_graph import graph_of_anything
from workshop import resources
from workshop.errors import WorkshopError
from workshop.journal import Event, Journal, recording
from workshop.journal.recording import Recorded
from workshop.topology import graph as graphs
from workshop.topology.history import History

RECORDINGS = resources.path("slides") / "recordings"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(graph_of_anything(), st.booleans(), st.integers(0, 3)), min_size=1, max_size=8), st.randoms())
def test_at_every_event_the_graph_is_the_one_that_was_told(steps: list[tuple[Any, bool, int]], chance: random.Random):
    events, told = [], []
    known = None

    def add(kind: str, data: dict[str, Any]) -> None:
        events.append(Event(len(events) + 1, float(len(events)), kind, None, data))
        told.append(known)

    for graph, is_whole, others in steps:
        before, known = known, graph
        if before is None or is_whole:
            add("topology", {"graph": graph})
        else:
            add("topology", {"changes": graphs.diff(before, graph)})
        for _ in range(others):
            add("notice", {"text": "in between"})
    past = History(Recorded(events), every=3)
    numbers = [event.seq for event in events] * 2
    chance.shuffle(numbers)
    for seq in numbers:
        expected = told[seq - 1]
        assert {**past.at(seq), "seq": 0, "at": 0} == {**expected, "seq": 0, "at": 0}


@pytest.mark.parametrize("name", ["bridge", "swarm"])
def test_a_real_session_ends_with_its_last_graph_and_is_the_same_from_keyframes(name: str):
    events = recording.read(RECORDINGS / f"{name}.jsonl")
    past = History(Recorded(events), every=10)
    assert past.at(events[-1].seq) == graphs.last_graph(events)
    for seq in range(10, len(events), 7):
        assert past.at(seq) == graphs.last_graph(events[:seq])


def test_a_journal_that_grows_is_read_on_and_one_that_forgot_says_so(tmp_path: Path):
    journal = Journal(tmp_path / "journal.db", keep=1_500, tail=10)
    past = History(journal, every=50)
    now = {**graphs.empty(), "hosts": [{"name": "alpha", "namespaces": []}]}
    journal.append("topology", {"graph": now})
    assert past.at(1)["hosts"][0]["name"] == "alpha"
    with pytest.raises(WorkshopError, match="no event 2 yet"):
        past.at(2)
    for number in range(2, 3_001):
        change = {"op": "change", "what": "unseen", "host": None, "namespace": None, "id": "", "was": None}
        journal.append("topology", {"changes": [{**change, "value": [{"why": str(number)}]}]})
        if number % 1_000 == 0:
            past.rows()
    assert journal.first == 1_501
    for seq in (3_000, 1_551, 2_222):
        assert past.at(seq)["unseen"] == [{"why": str(seq)}]
    with pytest.raises(WorkshopError, match="no longer has what the network was then"):
        past.at(1_000)
    late = History(journal)  # it has never seen a whole graph
    with pytest.raises(WorkshopError, match="no longer has"):
        late.at(2_000)
    journal.append("topology", {"graph": now})
    assert late.at(3_001)["unseen"] == []
    journal.close()


def test_keyframes_share_what_did_not_change_even_where_the_whole_is_told_again():
    space = graphs.namespace("4:1", root=True)
    whole = {**graphs.empty(), "hosts": [{"name": "alpha", "namespaces": [space]}]}
    again = {**whole, "hosts": [{"name": "alpha", "namespaces": [{**space, "links": []}]}]}
    events = [Event(seq, float(seq), "topology", None, {"graph": graph}) for seq, graph in ((1, whole), (2, again))]
    past = History(Recorded(events), every=1)
    assert past.at(1)["hosts"][0] is past.at(2)["hosts"][0]
    assert (past.at(2)["seq"], past.at(2)["at"]) == (2, 2.0)
