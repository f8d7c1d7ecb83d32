"""What survives the plugin's restart."""

from __future__ import annotations

import pytest

from tests.support.life import BRIDGE, ENDPOINT, HOST_END, NETWORK, whole_life
from workshop.kernel import programs
from workshop.plugin.keeper import Keeper

pytestmark = pytest.mark.kernel
CALLS = whole_life()


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
