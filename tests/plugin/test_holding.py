"""Step mode and break-it mode in the plugin: which calls are held, how they go on, and what takes an answer's place."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.life import BRIDGE, ENDPOINT, HOST_END, NETWORK, whole_life
from tests.support.served import Served
from tests.support.shell import until
from workshop.errors import UsageError
from workshop.journal import Journal
from workshop.plugin import faults
from workshop.plugin.holding import Call, Gate

CALLS = dict(whole_life())
OTHER = "6b" * 32


def call(number: int, network: str = "n1", route: str = "NetworkDriver.Join", host: str = "alpha", **more: Any) -> Call:
    return Call(number, host, route, network, None, {}, **more)


class Passing:
    """Calls that pass a gate, each in a thread of its own, and the order in which they came through."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.through = gate, list[int]()
        self._pool = ThreadPoolExecutor(8)

    def send(self, one: Call) -> Any:
        def go() -> Any:
            outcome = self.gate.before_handler(one)
            self.through.append(one.number)
            return outcome

        return self._pool.submit(go)

    def held(self, *numbers: int) -> bool:
        return until(lambda: [each["number"] for each in self.gate.state()["held"]] == list(numbers), 5)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def passing(gate: Gate):
    made = Passing(gate)
    yield made
    gate.end()
    made._pool.shutdown()


def test_what_no_rule_is_about_passes_and_the_rest_waits_until_it_is_let_go(gate: Gate, passing: Passing):
    gate.add(network="n1")
    one = passing.send(call(1))
    assert passing.held(1)
    assert passing.send(call(2, "n2")).result(5).fault is None, "another network's call goes on meanwhile"
    assert not one.done()
    gate.release(1)
    assert one.result(5).held_ms > 0
    assert passing.through == [2, 1]


def test_several_held_calls_queue_and_are_let_go_in_any_order(gate: Gate, passing: Passing):
    gate.add(route="NetworkDriver.Join", host="alpha")
    for number in (1, 2, 3):
        passing.send(call(number, f"n{number}"))
        assert passing.held(*range(1, number + 1))
    passing.send(call(4, host="beta")).result(5)
    passing.send(call(5, route="NetworkDriver.Leave")).result(5)
    gate.release(2)
    assert passing.held(1, 3)
    gate.release()
    assert passing.held()
    assert sorted(passing.through) == [1, 2, 3, 4, 5]


def test_a_rule_taken_away_holds_no_more_and_the_same_rule_twice_is_one(gate: Gate, passing: Passing):
    gate.add(network="n1")
    rule = gate.add(network="n1")
    assert [each["number"] for each in gate.state()["rules"]] == [rule.number]
    gate.remove(rule.number)
    passing.send(call(1)).result(5)
    once = gate.add(once=True)
    passing.send(call(2))
    assert passing.held(2)
    assert once.number not in [each["number"] for each in gate.state()["rules"]]


@pytest.mark.parametrize("end", ["end", "leave", "aside"])
def test_an_end_and_a_judgement_let_all_go_at_once(gate: Gate, passing: Passing, end: str):
    gate.add()
    sent = [passing.send(call(number, f"n{number}")) for number in (1, 2, 3)]
    assert passing.held(1, 2, 3)
    began = time.monotonic()
    if end == "end":
        gate.end()
    elif end == "leave":
        gate.leave("alpha")
    else:
        with gate.aside("code was judged"):
            assert all("code was judged" in one.result(5).dropped for one in sent)
            passing.send(call(4)).result(5)
        passing.send(call(5))
        assert passing.held(5), "afterwards the rules hold again"
    for one in sent:
        one.result(5)
    assert time.monotonic() - began < 2


def test_a_caller_that_hangs_up_is_noticed(gate: Gate, passing: Passing):
    gate.add()
    gone = threading.Event()
    one = passing.send(call(1, gone=gone.is_set))
    assert passing.held(1)
    gone.set()
    assert "hung up" in one.result(5).dropped


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"at": "lunch"}, "no place"),
        ({"route": "NetworkDriver.Nonsense"}, "no route"),
        ({"fault": "nonsense"}, "no fault"),
        ({"fault": "gateway", "route": "NetworkDriver.Leave"}, "is not for"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_a_sentence(gate: Gate, rule: dict[str, Any], said: str):
    with pytest.raises(UsageError, match=said):
        gate.add(**rule)


def test_a_fault_is_for_the_next_call_that_it_fits_or_for_all(gate: Gate):
    gate.add(fault="gateway", once=True)
    gate.add(fault="err", network="n2")
    assert gate.before_handler(call(1, route="NetworkDriver.Leave")).fault is None
    assert gate.before_handler(call(2)).fault is faults.FAULTS["gateway"]
    assert gate.before_handler(call(3)).fault is None
    for number in (4, 5):
        assert gate.before_handler(call(number, "n2")).fault is faults.FAULTS["err"]


# -- a whole plugin

kernel = pytest.mark.kernel


def begin(served: Served, **rule: Any) -> Gate:
    """Let the plugin's calls pass a gate that writes into the journal, with one rule."""
    gate = served.plugin.pipeline.gate = Gate(served.journal)
    if rule:
        gate.add(**rule)
    return gate


def held(gate: Gate) -> bool:
    return until(lambda: bool(gate.state()["held"]), 5)


def finished(journal: Journal) -> list[dict[str, Any]]:
    return [event.data for event in journal.since(0) if event.kind == "call.finished"]


@kernel
def test_a_call_is_held_before_its_handler_and_again_before_its_answer(place):
    served = place[0]()
    gate = begin(served)
    gate.add(at="handler")
    gate.add(at="answer")
    with ThreadPoolExecutor(2) as pool:
        sent = pool.submit(served.call, "CreateNetwork", **CALLS["CreateNetwork"])
        assert held(gate)
        (one,) = gate.state()["held"]
        assert one["where"] == "handler"
        assert one["plan"] == [{"op": "add", "what": "bridge", "name": BRIDGE, "addresses": ["10.9.0.1/24"]}]
        assert served.links() == set(), "the handler has not begun"
        gate.release()
        assert until(lambda: [each["where"] for each in gate.state()["held"]] == ["answer"], 5)
        assert served.links() == {BRIDGE}
        assert not sent.done()
        gate.release()
        assert sent.result(5) == {"status": 200}
    told = [event.data for event in served.journal.since(0) if event.kind == "call.held"]
    assert [(each["state"], each["where"]) for each in told] == [
        ("held", "handler"), ("released", "handler"), ("held", "answer"), ("released", "answer"),
    ]  # fmt: skip
    (done,) = finished(served.journal)
    assert done["held_ms"] >= sum(each.get("held_ms", 0) for each in told) * 0.99
    assert done["fault"] is None


@kernel
def test_calls_on_other_networks_go_on_side_by_side_and_the_plugin_s_end_releases_all(place):
    start, end = place
    served = start()
    gate = begin(served, network=NETWORK)
    with ThreadPoolExecutor(2) as pool:
        sent = pool.submit(served.call, "CreateNetwork", **CALLS["CreateNetwork"])
        assert held(gate)
        other = {"NetworkID": OTHER, "IPv4Data": [{"Pool": "10.8.0.0/24", "Gateway": "10.8.0.1/24"}]}
        assert served.call("CreateNetwork", **other)["status"] == 200
        began = time.monotonic()
        served.plugin.stop()
        assert time.monotonic() - began < 2
        assert sent.result(5) == {"status": 200}, "what was held is done and answered"
    assert {event.data["why"] for event in served.journal.since(0) if event.data.get("state") == "released"} == {
        "the plugin ends"
    }


@kernel
@pytest.mark.parametrize("at", ["handler", "answer"])
def test_nothing_is_made_for_a_client_that_hung_up(place, at: str):
    served = place[0]()
    gate = begin(served, at=at)
    body = json.dumps(CALLS["CreateNetwork"]).encode()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(served.path))
        client.sendall(
            b"POST /NetworkDriver.CreateNetwork HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        client.sendall(body)
        assert held(gate)
    assert until(lambda: bool(finished(served.journal)), 5)
    assert "hung up" in finished(served.journal)[0]["error"]
    assert served.links() == set()
    assert not served.plugin.host.networks


def _made(served: Served, *methods: str) -> None:
    for method in methods:
        assert served.call(method, **CALLS[method])["status"] == 200


@kernel
def test_each_fault_takes_the_answer_s_place_and_the_journal_says_so(place):
    served = place[0]()
    gate = begin(served)
    _made(served, "CreateNetwork")
    gate.add(fault="echo", once=True)
    answer = served.call("CreateEndpoint", **CALLS["CreateEndpoint"])
    assert answer["Interface"]["Address"] == "10.9.0.2/24"
    assert HOST_END in served.links(), "the handler was asked"
    gate.add(fault="link", once=True)
    assert served.call("Join", **CALLS["Join"])["InterfaceName"]["SrcName"] == faults.NO_LINK
    gate.add(fault="gateway", once=True)
    assert served.call("Join", **CALLS["Join"])["Gateway"] == faults.NOWHERE
    gate.add(fault="404", once=True)
    assert served.call("Leave", **CALLS["Leave"])["status"] == 404
    gate.add(fault="err", once=True)
    assert served.call("DeleteEndpoint", **CALLS["DeleteEndpoint"])["Err"] == faults.TOLD
    assert HOST_END in served.links(), "what was to be removed stays"
    assert [each["fault"] for each in finished(served.journal)] == [None, "echo", "link", "gateway", "404", "err"]


@kernel
def test_an_error_instead_of_an_answer_takes_back_what_the_handler_made(place):
    served = place[0]()
    gate = begin(served, at="answer")
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(served.call, "CreateNetwork", **CALLS["CreateNetwork"])
        assert held(gate)
        assert served.links() == {BRIDGE}
        gate.release(fault="err")
        assert sent.result(5)["Err"] == faults.TOLD
    assert served.links() == set()
    assert not served.plugin.host.networks


@kernel
def test_a_late_answer_is_the_right_one_and_an_end_does_not_wait_for_it(place):
    served = place[0]()
    gate = begin(served, fault="delay")
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(served.call, "CreateNetwork", **CALLS["CreateNetwork"])
        assert until(lambda: served.links() == {BRIDGE}, 5)
        time.sleep(0.3)
        assert not sent.done()
        gate.end()
        assert sent.result(2) == {"status": 200}


@kernel
@pytest.mark.parametrize("at", ["handler", "answer"])
def test_a_plugin_that_dies_hangs_up_and_comes_back_with_nothing_half_made(place, at: str):
    served = place[0]()
    gate = begin(served)
    _made(served, "CreateNetwork")
    space = served.call("IpamDriver.GetDefaultAddressSpaces")["LocalDefaultAddressSpace"]
    pool = {"AddressSpace": space, "Pool": "10.7.0.0/24"}
    given = served.call("IpamDriver.RequestPool", **pool)["PoolID"]
    gate.add(at=at)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(served.call, "CreateEndpoint", **CALLS["CreateEndpoint"])
        assert held(gate)
        gate.release(fault="death")
        with pytest.raises(OSError):
            sent.result(5)
    with pytest.raises(OSError):
        served.call("Leave", **CALLS["Leave"])
    gate.remove(None)
    served.plugin.wake()
    assert served.links() == {BRIDGE}, "what the cut call made is taken back"
    assert list(served.plugin.host.networks) == [NETWORK]
    assert ENDPOINT not in served.plugin.host.endpoints
    _made(served, "CreateEndpoint")
    assert served.call("IpamDriver.RequestAddress", PoolID=given)["Address"], "pools are known as before"
    last = finished(served.journal)
    assert [each["status"] for each in last] == [200, 200, 200, 0, 200, 200]
    assert last[3]["fault"] == "death" and "died" in last[3]["error"]
