"""What survives: the plugin's restart, and its death at any moment of any call."""

from __future__ import annotations

import contextlib
import json

import pytest

from tests.support.served import start
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.plugin.keeper import Keeper

pytestmark = pytest.mark.kernel
NETWORK, ENDPOINT = "5a" * 32, "e1" * 32
POOL = [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}]
PORTS = {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]}
BRIDGE, HOST_END = "wsb5a5a5a5a5a", "wshe1e1e1e1e1"

NAMED = {"com.docker.network.generic": {"bridge": "br-shop"}}
CALLS = (
    ("CreateNetwork", {"NetworkID": NETWORK, "IPv4Data": POOL, "Options": {}}),
    (
        "CreateEndpoint",
        {"NetworkID": NETWORK, "EndpointID": ENDPOINT, "Interface": {"Address": "10.9.0.2/24"}},
    ),
    ("Join", {"NetworkID": NETWORK, "EndpointID": ENDPOINT, "SandboxKey": "/x"}),
    ("ProgramExternalConnectivity", {"NetworkID": NETWORK, "EndpointID": ENDPOINT, "Options": PORTS}),
    ("RevokeExternalConnectivity", {"NetworkID": NETWORK, "EndpointID": ENDPOINT}),
    ("Leave", {"NetworkID": NETWORK, "EndpointID": ENDPOINT}),
    ("DeleteEndpoint", {"NetworkID": NETWORK, "EndpointID": ENDPOINT}),
    ("DeleteNetwork", {"NetworkID": NETWORK}),
)


@pytest.fixture
def place(tmp_path):
    """A namespace and a folder, and the plugins that a test started in them."""
    namespace = Namespace.create()
    running = []

    def begin(**options):
        running.append(start(namespace, tmp_path, **options))
        return running[-1]

    def end(one):
        running.remove(one)
        one.plugin.stop()
        one.journal.close()

    yield begin, end
    for one in list(running):
        end(one)
    namespace.close()


def test_networks_endpoints_and_published_ports_survive_a_restart(place):
    begin, end = place
    first = begin()
    for route, request in CALLS[:4]:
        assert first.call(route, **request)["status"] == 200
    rules = programs.run(first.namespace, "nft", "list", "ruleset")
    links = first.links()
    end(first)
    second = begin()
    assert second.links() == links
    assert programs.run(second.namespace, "nft", "list", "ruleset") == rules
    assert second.call("EndpointOperInfo", NetworkID=NETWORK, EndpointID=ENDPOINT)["Value"]["ports"]
    for route, request in CALLS[4:]:
        assert second.call(route, **request) == {"status": 200}
    assert second.links() == set()
    assert programs.run(second.namespace, "nft", "list", "ruleset") == ""


def test_a_bridge_that_was_lost_is_made_again_and_its_endpoints_are_forgotten(place):
    begin, end = place
    first = begin()
    for route, request in CALLS[:3]:
        first.call(route, **request)
    first.plugin.host.kernel.remove(HOST_END)
    first.plugin.host.kernel.remove(BRIDGE)
    end(first)
    second = begin()
    assert second.links() == {BRIDGE}
    assert not second.plugin.host.endpoints
    texts = [event.data["text"] for event in second.journal.since(0) if event.kind == "notice"]
    assert any("made wsb5a5a5a5a5a again" in text for text in texts)


def test_a_bridge_that_was_lost_gets_its_ports_back(place):
    begin, end = place
    first = begin()
    for route, request in CALLS[:3]:
        first.call(route, **request)
    first.plugin.host.kernel.remove(BRIDGE)
    end(first)
    second = begin()
    kernel = second.plugin.host.kernel
    assert kernel.find(HOST_END).get("master") == kernel.index(BRIDGE)


def test_a_bridge_that_is_there_without_its_address_gets_it_back(place):
    begin, end = place
    first = begin()
    first.call(*CALLS[0][:1], **CALLS[0][1])
    kernel = first.plugin.host.kernel
    kernel.flush_addr(index=kernel.index(BRIDGE))
    kernel.link("set", index=kernel.index(BRIDGE), state="down")
    end(first)
    second = begin()
    kernel = second.plugin.host.kernel
    assert kernel.find(BRIDGE).get("state") == "up"
    assert "10.9.0.1" in {address.get("address") for address in kernel.get_addr(index=kernel.index(BRIDGE))}


def test_rules_that_somebody_flushed_are_put_back(place):
    begin, _ = place
    served = begin()
    served.call(*CALLS[0][:1], **CALLS[0][1])
    rules = programs.run(served.namespace, "nft", "list", "ruleset")
    programs.run(served.namespace, "nft", "flush", "ruleset")
    Keeper(served.plugin.host).look()
    assert programs.run(served.namespace, "nft", "list", "ruleset") == rules


def test_links_that_nobody_remembers_are_removed_and_others_are_not(place):
    begin, end = place
    first = begin()
    kernel = first.plugin.host.kernel
    kernel.link("add", ifname="wsh0123456789", kind="veth", peer={"ifname": "wsc0123456789"})
    kernel.link("add", ifname="theirs", kind="bridge")
    kernel.link("add", ifname="wsother", kind="bridge")
    end(first)
    second = begin()
    assert second.links() == {"theirs", "wsother"}


class Killed(BaseException):
    """Stands for the process's death: no handler of errors sees it, and nothing is tidied up."""


@pytest.mark.parametrize("options", [{}, NAMED], ids=["its own name", "a given name"])
@pytest.mark.parametrize("number", range(len(CALLS)), ids=[route for route, _ in CALLS])
def test_a_plugin_that_dies_in_the_middle_of_a_call_is_whole_again_after_its_start(place, number, options, monkeypatch):
    """Docker repeats a call that got no answer: the plugin dies before each step in turn, and is asked again."""
    begin, end = place
    CALLS[0][1]["Options"] = options
    for dies_at in range(1, 30):
        first = begin()
        for route, request in CALLS[:number]:
            assert first.call(route, **request)["status"] == 200
        reached = die_at(first, dies_at, monkeypatch)
        route, request = CALLS[number]
        with contextlib.suppress(Killed):
            first.plugin.pipeline.call("POST", f"/NetworkDriver.{route}", json.dumps(request).encode())
        monkeypatch.undo()
        end(first)
        second = begin()
        for route, request in CALLS[number:]:
            assert "Err" not in second.call(route, **request), (CALLS[number][0], dies_at, route)
        assert second.links() == set(), (CALLS[number][0], dies_at)
        assert not second.plugin.host.networks and not second.plugin.host.endpoints
        assert programs.run(second.namespace, "nft", "list", "ruleset") == ""
        end(second)
        if not reached():
            break
    else:
        pytest.fail("the call has more steps than were tried")


def die_at(served, count, monkeypatch):
    """Let the process 'die' before its ``count``-th change of kernel or memory: nothing after it is done."""
    host, done = served.plugin.host, [0]

    def guarded(function):
        def call(*arguments, **keywords):
            done[0] += 1
            if done[0] >= count:
                raise Killed
            return function(*arguments, **keywords)

        return call

    real = type(host.kernel)._with_trace
    monkeypatch.setattr(type(host.kernel), "_with_trace", lambda self, name, method: guarded(real(self, name, method)))
    for one in (host.store.networks, host.store.endpoints):
        for name in ("put", "drop"):
            monkeypatch.setattr(one, name, guarded(getattr(one, name)))
    monkeypatch.setattr(programs, "run", guarded(programs.run))
    monkeypatch.setattr(type(host.ports), "hold", guarded(type(host.ports).hold))
    return lambda: done[0] >= count
