"""The graph as data: whatever two graphs are, the changes between them lead from one to the other."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.topology import graph as graphs

_text = st.sampled_from(["alpha", "beta", "web", "", 'a"b<c>', "🐳", None])
_number = st.integers(1, 4)


def _unique(items: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return list({graphs.IDENTITY[what](each): each for each in items}.values())


@st.composite
def _namespace(draw: st.DrawFn) -> dict[str, Any]:
    key = f"4:{draw(st.integers(1, 5))}"
    link = st.builds(
        lambda index, name, born: {"id": f"{key}/{index}", "index": index, "name": name, "born": born},
        _number, _text, _number,
    )  # fmt: skip
    route = st.builds(
        lambda dst, gateway, index: {"dst": dst, "gateway": gateway, "link": f"{key}/{index}", "table": 254},
        _text, _text, _number,
    )  # fmt: skip
    neighbour = st.builds(lambda address, mac: {"address": address, "mac": mac, "link": key}, _text, _text)
    entry = st.builds(lambda mac, dst: {"mac": mac, "dst": dst, "link": key}, _text, _text)
    space = graphs.namespace(key, root=draw(st.booleans()), name=draw(_text), born=draw(_number))
    space["links"] = _unique(draw(st.lists(link, max_size=4)), "link")
    space["routes"] = _unique(draw(st.lists(route, max_size=3)), "route")
    space["neighbours"] = _unique(draw(st.lists(neighbour, max_size=3)), "neighbour")
    space["fdb"] = _unique(draw(st.lists(entry, max_size=3)), "fdb")
    return space


@st.composite
def graph_of_anything(draw: st.DrawFn) -> graphs.Graph:
    host = st.builds(
        lambda name, spaces: {"name": name, "namespaces": _unique(spaces, "namespace")},
        st.sampled_from(["alpha", "beta", "gamma"]), st.lists(_namespace(), max_size=3),
    )  # fmt: skip
    whole = {**graphs.empty(), "hosts": _unique(draw(st.lists(host, max_size=2)), "host")}
    whole["unseen"] = draw(st.lists(st.builds(lambda why: {"why": why}, _text), max_size=1))
    return graphs.ordered(whole)


@given(st.lists(graph_of_anything(), min_size=2, max_size=4))
@settings(max_examples=150, deadline=None)
def test_all_changes_in_order_make_exactly_the_last_graph_of_the_first(steps: list[graphs.Graph]) -> None:
    graph = steps[0]
    for old, new in zip(steps, steps[1:], strict=False):
        graph = graphs.apply_all(graph, graphs.diff(old, new))
        assert graph == new


@given(graph_of_anything(), graph_of_anything())
@settings(max_examples=60, deadline=None)
def test_applying_a_change_leaves_the_given_graph_alone(old: graphs.Graph, new: graphs.Graph) -> None:
    before = copy.deepcopy(old)
    graphs.apply_all(old, graphs.diff(old, new))
    assert old == before


@given(graph_of_anything())
@settings(max_examples=40, deadline=None)
def test_equal_graphs_differ_in_nothing(graph: graphs.Graph) -> None:
    assert graphs.diff(graph, copy.deepcopy(graph)) == []


@given(graph_of_anything())
@settings(max_examples=40, deadline=None)
def test_everything_is_found_by_its_id(graph: graphs.Graph) -> None:
    seen = set()
    for _, space in graphs.namespaces(graph):
        if space["id"] in seen:
            continue  # two hosts that see one namespace: the first has it
        seen.add(space["id"])
        assert graphs.find(graph, space["id"]) is space
        for link in space["links"]:
            assert graphs.find(graph, link["id"]) is link
    assert graphs.find(graph, "9:9") is None


def test_a_change_says_what_it_was_before() -> None:
    old = {**graphs.empty(), "hosts": [{"name": "alpha", "namespaces": [graphs.namespace("4:1", root=True)]}]}
    new = copy.deepcopy(old)
    new["hosts"][0]["namespaces"][0]["name"] = "alpha"
    (change,) = graphs.diff(old, new)
    assert (change["op"], change["what"], change["host"], change["id"]) == (
        "change",
        "namespace",
        "alpha",
        "4:1",
    )
    assert (change["was"]["name"], change["value"]["name"]) == (None, "alpha")
    assert "links" not in change["value"]


def test_what_goes_is_taken_out_from_the_inside() -> None:
    space = graphs.namespace("4:1", root=True)
    space["links"] = [{"id": "4:1/2", "index": 2, "name": "br0", "born": 1, "state": "up"}]
    old = {**graphs.empty(), "hosts": [{"name": "alpha", "namespaces": [space]}]}
    assert [(c["op"], c["what"]) for c in graphs.diff(old, graphs.empty())] == [
        ("remove", "link"), ("remove", "namespace"), ("remove", "host"),
    ]  # fmt: skip


def test_the_last_graph_of_a_journal_needs_one_whole_to_begin_with() -> None:
    from workshop.journal import Event

    whole = {**graphs.empty(), "hosts": [{"name": "alpha", "namespaces": []}]}
    gone = graphs.diff(whole, graphs.empty())
    events = [Event(1, 1.0, "topology", None, {"changes": gone}), Event(2, 2.0, "notice", None, {})]
    assert graphs.last_graph(events) is None
    events.append(Event(3, 3.0, "topology", None, {"graph": whole}))
    assert graphs.last_graph(events) == {**whole, "seq": 3, "at": 3.0}
    events.append(Event(4, 4.0, "topology", None, {"changes": gone}))
    assert graphs.last_graph(events) == {**graphs.empty(), "seq": 4, "at": 4.0}
