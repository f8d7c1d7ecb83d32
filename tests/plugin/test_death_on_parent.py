"""The plugin's death at any moment of a call on a network of type macvlan: whole again after the next start."""

from __future__ import annotations

import pytest

from tests.support.dying import STEPS, die_at, die_in
from tests.support.life import ENDPOINT, METHODS, NETWORK, whole_life
from tests.support.on_parent import FAR_END, PARENT, lay_cable

pytestmark = pytest.mark.kernel
LINK = f"wsc{ENDPOINT[:10]}"
CALLS = whole_life({"com.docker.network.generic": {"type": "macvlan", "parent": PARENT}})


@pytest.fixture
def begin_and_end(place):
    """As ``place``, with a cable whose one end is the parent."""
    begin, end = place
    first = begin()
    lay_cable(first.plugin.host.kernel)
    end(first)
    return lambda: begin(driver="all"), end


@pytest.mark.parametrize("number", range(len(METHODS)), ids=METHODS)
def test_a_plugin_that_dies_in_the_middle_of_a_call_is_whole_again_after_its_start(begin_and_end, number, monkeypatch):
    """The plugin dies before each step in turn, and is asked again: so does Docker if nothing of the call was sent."""
    begin, end = begin_and_end
    for dies_at in STEPS:
        first = begin()
        for route, request in CALLS[:number]:
            assert first.call(route, **request)["status"] == 200
        reached = die_at(first, dies_at, monkeypatch)
        die_in(first, *CALLS[number])
        monkeypatch.undo()
        end(first)
        second = begin()
        for route, request in CALLS[number:]:
            assert "Err" not in second.call(route, **request), (CALLS[number][0], dies_at, route)
        nothing_is_left(second)
        end(second)
        if not reached():
            break
    else:
        pytest.fail("the call has more steps than were tried")


@pytest.mark.parametrize("route", ["CreateNetwork", "CreateEndpoint", "DeleteEndpoint", "DeleteNetwork"])
def test_a_call_in_which_the_plugin_died_and_of_which_docker_says_no_more_leaves_nothing(
    begin_and_end, route, monkeypatch
):
    begin, end = begin_and_end
    number = METHODS.index(route)
    for dies_at in STEPS:
        first = begin()
        for before, request in CALLS[:number]:
            assert first.call(before, **request)["status"] == 200
        last = first.journal.last
        reached = die_at(first, dies_at, monkeypatch)
        die_in(first, *CALLS[number])
        monkeypatch.undo()
        came = any(event.kind == "call.started" for event in first.journal.since(last))
        gone = reached() if route.startswith("Create") else came or bool(first.plugin.host.store.calls)
        end(first)
        second = begin()
        host = second.plugin.host
        if route.endswith("Endpoint"):
            assert set(host.networks) == {NETWORK}
            assert set(host.endpoints) == (set() if gone else {ENDPOINT}), dies_at
            assert (LINK in second.links()) is not gone, dies_at
        else:
            assert set(host.networks) == (set() if gone else {NETWORK}), dies_at
        if not (gone and route.endswith("Network")):
            assert second.call("DeleteNetwork", NetworkID=NETWORK) == {"status": 200}
        nothing_is_left(second)
        end(second)
        if not reached():
            break
    else:
        pytest.fail("the call has more steps than were tried")


def nothing_is_left(served):
    """Neither kernel nor memory hold anything of any network; the cable is there."""
    assert served.links() == {PARENT, FAR_END}
    store = served.plugin.host.store
    assert not store.networks and not store.endpoints and not store.calls
