"""The plugin's death at any moment of any call, and what the next start makes of it."""

from __future__ import annotations

import threading

import pytest

from tests.support.dying import STEPS, die_at, die_in, killed
from tests.support.life import BRIDGE, ENDPOINT, HOST_END, METHODS, NAMED, NETWORK, ROUTED, whole_life
from tests.support.shell import until
from workshop.errors import PluginError
from workshop.kernel import programs
from workshop.protocol import BY_PATH

pytestmark = pytest.mark.kernel
CALLS = whole_life()


@pytest.mark.parametrize("options", [{}, NAMED, ROUTED], ids=["its own name", "a given name", "no bridge"])
@pytest.mark.parametrize("number", range(len(METHODS)), ids=METHODS)
def test_a_plugin_that_dies_in_the_middle_of_a_call_is_whole_again_after_its_start(place, number, options, monkeypatch):
    """The plugin dies before each step in turn, and is asked again: so does Docker if nothing of the call was sent."""
    begin, end = place
    calls = whole_life(options)
    for dies_at in STEPS:
        first = begin(driver="all")
        for route, request in calls[:number]:
            assert first.call(route, **request)["status"] == 200
        reached = die_at(first, dies_at, monkeypatch)
        die_in(first, *calls[number])
        monkeypatch.undo()
        end(first)
        second = begin(driver="all")
        for route, request in calls[number:]:
            assert "Err" not in second.call(route, **request), (calls[number][0], dies_at, route)
        nothing_is_left(second)
        end(second)
        if not reached():
            break
    else:
        pytest.fail("the call has more steps than were tried")


@pytest.mark.parametrize("options", [{}, NAMED, ROUTED], ids=["its own name", "a given name", "no bridge"])
@pytest.mark.parametrize("route", ["CreateNetwork", "CreateEndpoint", "DeleteEndpoint", "DeleteNetwork"])
def test_a_call_in_which_the_plugin_died_and_of_which_docker_says_no_more_leaves_nothing(
    place, route, options, monkeypatch
):
    """A call that was cut off is repeated with an empty body: what was to be made or removed is not named again."""
    begin, end = place
    calls = whole_life(options)
    number = METHODS.index(route)
    for dies_at in STEPS:
        first = begin(driver="all")
        for before, request in calls[:number]:
            assert first.call(before, **request)["status"] == 200
        last = first.journal.last
        reached = die_at(first, dies_at, monkeypatch)
        die_in(first, *calls[number])
        monkeypatch.undo()
        came = any(event.kind == "call.started" for event in first.journal.since(last))
        gone = reached() if route.startswith("Create") else came or bool(first.plugin.host.store.calls)
        end(first)
        second = begin(driver="all")
        host = second.plugin.host
        if route.endswith("Endpoint"):
            assert set(host.networks) == {NETWORK}
            assert set(host.endpoints) == (set() if gone else {ENDPOINT}), dies_at
            assert (HOST_END in second.links()) is not gone, dies_at
        else:
            assert set(host.networks) == (set() if gone else {NETWORK}), dies_at
        assert not host.store.calls
        assert second.send(f"/NetworkDriver.{route}", b"")[0] == 400
        if not (gone and route.endswith("Network")):
            assert second.call("DeleteNetwork", NetworkID=NETWORK) == {"status": 200}
        nothing_is_left(second)
        end(second)
        if not reached():
            break
    else:
        pytest.fail("the call has more steps than were tried")


@pytest.mark.parametrize("number", [6, 7], ids=["DeleteEndpoint", "DeleteNetwork"])
def test_a_removal_that_waits_for_its_turn_when_the_plugin_dies_is_finished(place, number, monkeypatch):
    begin, end = place
    first = begin()
    for route, request in CALLS[:number]:
        first.call(route, **request)
    monkeypatch.setattr(first.plugin.pipeline._turns, "take", killed)
    die_in(first, *CALLS[number])
    assert first.journal.since(first.journal.last - 1)[0].kind == "call.started"
    end(first)
    second = begin()
    assert second.links() == ({BRIDGE} if number == 6 else set())
    texts = [event.data["text"] for event in second.journal.since(0) if event.kind == "notice"]
    assert any("finished the removal of" in text for text in texts)
    second.call("DeleteNetwork", NetworkID=NETWORK)
    nothing_is_left(second)


@pytest.mark.parametrize("last", ["CreateNetwork", "CreateEndpoint", "ProgramExternalConnectivity"])
def test_a_removal_that_waits_behind_another_call_is_finished_whatever_that_one_remembers(place, last, monkeypatch):
    """The other call ends after the removal has come, and the plugin dies before the removal's first step."""
    begin, end = place
    first = begin()
    number = METHODS.index(last)
    for route, request in CALLS[:number]:
        assert first.call(route, **request)["status"] == 200
    handlers = first.plugin.pipeline.handlers
    name = BY_PATH[f"/NetworkDriver.{last}"].name
    real, inside, go_on = handlers[name], threading.Event(), threading.Event()

    def slow(request, host):
        inside.set()
        assert go_on.wait(30)
        return real(request, host)

    monkeypatch.setitem(handlers, name, slow)
    monkeypatch.setitem(handlers, "delete_network", killed)
    route, request = CALLS[number]
    ahead = threading.Thread(target=first.call, args=[route], kwargs=request)
    behind = threading.Thread(target=die_in, args=[first, "DeleteNetwork", {"NetworkID": NETWORK}])
    ahead.start()
    assert inside.wait(30)
    behind.start()
    came = {"kind": "call.started", "route": "NetworkDriver.DeleteNetwork"}
    assert until(lambda: came in [{"kind": e.kind, "route": e.data.get("route")} for e in first.journal.since(0)], 30)
    go_on.set()
    ahead.join(30)
    behind.join(30)
    assert NETWORK in first.plugin.host.networks
    end(first)
    nothing_is_left(begin())


def test_a_removal_that_failed_is_done_at_the_next_start_for_docker_has_forgotten(place, monkeypatch):
    begin, end = place
    first = begin()
    for route, request in CALLS[:4]:
        first.call(route, **request)

    def refused(request, host):
        raise PluginError("not today")

    for name in ("delete_endpoint", "delete_network"):
        monkeypatch.setitem(first.plugin.pipeline.handlers, name, refused)
    for route, request in CALLS[6:]:
        assert "not today" in first.call(route, **request)["Err"]
    end(first)
    nothing_is_left(begin())


def test_what_is_made_anew_after_a_failed_removal_stays(place, monkeypatch):
    """Swarm gives a network the same ID each time that a node needs it."""
    begin, end = place
    first = begin()
    first.call(*CALLS[0][:1], **CALLS[0][1])
    with monkeypatch.context() as patch:
        patch.setitem(first.plugin.pipeline.handlers, "delete_network", lambda request, host: {"Err": "not today"})
        assert first.call("DeleteNetwork", NetworkID=NETWORK)["Err"] == "not today"
    assert "Err" not in first.call(*CALLS[0][:1], **CALLS[0][1])
    assert "Err" not in first.call(*CALLS[1][:1], **CALLS[1][1])
    end(first)
    second = begin()
    assert {BRIDGE, HOST_END} <= second.links()
    second.call("DeleteNetwork", NetworkID=NETWORK)
    nothing_is_left(second)


def test_a_removal_with_a_field_that_nobody_knows_is_finished_like_any_other(place, monkeypatch):
    begin, end = place
    first = begin()
    first.call(*CALLS[0][:1], **CALLS[0][1])
    monkeypatch.setitem(first.plugin.pipeline.handlers, "delete_network", killed)
    die_in(first, "DeleteNetwork", {"NetworkID": NETWORK, "EndpointID": 5})
    end(first)
    nothing_is_left(begin())


def test_a_removal_that_cannot_be_finished_is_told_and_tried_at_the_next_start(place, monkeypatch):
    begin, end = place
    first = begin()
    first.call(*CALLS[0][:1], **CALLS[0][1])
    monkeypatch.setitem(first.plugin.pipeline.handlers, "delete_network", killed)
    die_in(first, "DeleteNetwork", {"NetworkID": NETWORK})
    end(first)
    with monkeypatch.context() as patch:

        def refused(request, host):
            raise PluginError("the kernel is busy")

        patch.setattr("workshop.drivers.bridge.delete_network", refused)
        second = begin()
    texts = [event.data["text"] for event in second.journal.since(0) if event.kind == "notice"]
    assert f"At start: network {NETWORK[:12]} cannot be removed: the kernel is busy." in texts
    end(second)
    nothing_is_left(begin())


def nothing_is_left(served):
    """Neither kernel nor memory hold anything of any network."""
    assert served.links() == set()
    store = served.plugin.host.store
    assert not store.networks and not store.endpoints and not store.calls
    assert programs.run(served.namespace, "nft", "list", "ruleset") == ""
