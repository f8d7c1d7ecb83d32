"""Calls and names are folded from events, one by one."""

from __future__ import annotations

import json

from tests.journal.story import CONTAINER, ENDPOINT, NETWORK, Story
from workshop.journal.calls import Calls, Names, State


def test_a_call_goes_from_running_to_done_with_all_that_belongs_to_it(story: Story):
    calls = Calls()
    call = calls.take(story.start(5, sandbox="/var/run/docker/netns/1"))
    assert (call.number, call.state, call.route, call.finished) == (
        5,
        State.RUNNING,
        "NetworkDriver.Join",
        None,
    )
    calls.take(story.command(5, "ip link add wsc1 type veth"))
    calls.take(story.tell("output", 5, stream="stdout", text="hello"))
    calls.take(story.tell("topology", 5, changes=[{"op": "add", "what": "link"}], by="handler"))
    calls.take(story.finish(5, answer={"Gateway": "10.9.0.1"}, waited_ms=3.0))
    assert calls.get(5) is call
    assert (call.state, call.status, call.answer, call.error) == (
        State.DONE,
        200,
        {"Gateway": "10.9.0.1"},
        None,
    )
    assert (call.duration_ms, call.waited_ms) == (1.5, 3.0)
    assert [command.command for command in call.commands] == ["ip link add wsc1 type veth"]
    assert call.changes == [{"by": "handler", "op": "add", "what": "link"}]
    assert call.output == ["hello"]


def test_a_call_with_an_error_or_a_bad_status_has_failed(story: Story):
    calls = Calls([story.start(1), story.start(2), story.finish(1, error="no"), story.finish(2, status=404)])
    assert [call.state for call in calls] == [State.FAILED, State.FAILED]


def test_what_docker_did_after_the_answer_still_belongs_to_the_call(story: Story):
    calls = Calls([story.start(1), story.finish(1)])
    calls.take(story.tell("topology", 1, changes=[{"op": "change", "what": "link"}], by="docker"))
    assert calls.get(1).changes[0]["by"] == "docker" and calls.get(1).state is State.DONE


def test_calls_at_the_same_time_are_kept_apart(story: Story):
    events = [
        story.start(1),
        story.start(2),
        story.command(2, "ip b"),
        story.command(1, "ip a"),
        story.finish(2),
    ]
    one, two = Calls(events)
    assert ([c.command for c in one.commands], one.state) == (["ip a"], State.RUNNING)
    assert ([c.command for c in two.commands], two.state) == (["ip b"], State.DONE)


def test_a_call_whose_beginning_is_no_longer_kept_is_known_by_its_end(story: Story):
    (call,) = Calls([story.finish(7)])
    assert (call.number, call.route, call.network, call.request) == (7, "NetworkDriver.Join", NETWORK, None)


def test_events_without_a_call_change_no_call(story: Story):
    calls = Calls()
    assert calls.take(story.command(None, "ip link del wsb1")) is None
    assert calls.take(story.tell("notice", None, level="info", text="x")) is None
    assert len(calls) == 0


def test_only_so_many_calls_are_remembered_and_the_newest_ones(story: Story):
    calls = Calls((story.start(number) for number in range(1, 21)), keep=5)
    assert [call.number for call in calls] == [16, 17, 18, 19, 20]


def test_a_call_as_a_json_object_has_ids_in_full(story: Story):
    (call,) = Calls([story.start(1), story.command(1, "ip a"), story.finish(1)])
    whole = json.loads(json.dumps(call.as_dict()))
    assert whole["network"] == NETWORK and whole["state"] == "done"
    assert whole["commands"][0]["command"] == "ip a"


def test_names_are_learnt_from_docker_and_kept_when_things_are_gone(story: Story):
    names = Names()
    assert names.name_of_network(NETWORK) == NETWORK[:12]
    assert names.name_of_container(CONTAINER) == CONTAINER[:12]
    assert names.container_of(ENDPOINT) is None
    names.take(story.name())
    names.take(story.tell("docker", networks={NETWORK: None}, endpoints={ENDPOINT: None}, containers={CONTAINER: None}))
    assert names.name_of_network(NETWORK) == "shop"
    assert names.name_of_container(CONTAINER) == "web"
    assert names.container_of(ENDPOINT) == "web"


def test_a_container_is_known_by_its_sandbox_before_docker_tells_of_its_endpoint(story: Story):
    names = Names()
    names.take(story.name())
    assert names.container_of("e" * 64, "/var/run/docker/netns/1") == "web"


def test_a_new_name_replaces_the_old_one(story: Story):
    names = Names()
    names.take(story.name(container="old"))
    names.take(story.name(container="new"))
    assert names.container_of(ENDPOINT) == "new"


def test_names_are_bounded(story: Story):
    names = Names(keep=3)
    names.take(story.tell("docker", networks={f"n{number}": {"name": f"net{number}"} for number in range(10)}))
    assert [names.name_of_network(f"n{number}") for number in (0, 6, 7, 9)] == ["n0", "n6", "net7", "net9"]
