"""What the kernel says of one link or container, asked for at the moment."""

from __future__ import annotations

import socket

import pytest

from tests.topology.test_observe import BRIDGE, HOST_END, Bench, bench
from workshop.errors import WorkshopError
from workshop.kernel import programs
from workshop.topology.about import About

pytestmark = pytest.mark.kernel
__all__ = ["bench"]


def test_a_container_tells_its_links_routes_neighbours_and_the_host_s_rules(bench: Bench) -> None:
    bench.come_up()
    rules = ["add table inet t", "add chain inet t c { type filter hook forward priority 0; }"]
    rules += ['add rule inet t c iifname "wsb*" accept', "add rule inet t c ip saddr 10.8.0.0/24 drop"]
    programs.run(bench.host, "nft", "-f", "-", given="\n".join(rules) + "\n")
    programs.run(bench.host, "ip", "neigh", "add", "10.9.0.2", "lladdr", "02:00:00:00:00:07", "dev", BRIDGE)
    about, graph = About(lambda: bench.observer), bench.graph()
    told = about.all(bench.box.id)
    assert (told["what"], told["host"], told["namespace"]["id"]) == ("container", "alpha", bench.box.id)
    (link,) = told["links"]
    assert link["name"] == "eth0" and {"UP", "BROADCAST"} <= set(link["flags"])
    assert "10.9.0.2/24" in link["addresses"] and link["peer"]["name"] == HOST_END and link["made_by"] == 2
    ways = {(each["dst"], each["gateway"]) for each in told["routes"]}
    assert ways >= {("default", "10.9.0.1"), ("10.9.0.0/24", None)}
    assert [(each["where"], each["rule"]) for each in told["rules"]] == [("alpha", 'iifname "wsb*" accept')]
    assert told["problems"] == []

    bridge = next(each["id"] for each in graph["hosts"][0]["namespaces"][0]["links"] if each["name"] == BRIDGE)
    told = about.all(bridge)
    assert told["what"] == "link" and [each["name"] for each in told["links"]] == [BRIDGE]
    assert {"address": "10.9.0.2", "mac": "02:00:00:00:00:07", "state": "permanent", "link": BRIDGE} in told[
        "neighbours"
    ]
    assert {each["link"] for each in told["fdb"]} == {BRIDGE, HOST_END}, "its own table, with its ports'"
    assert {each["dst"] for each in told["routes"]} >= {"10.9.0.0/24"}
    assert not [each for each in told["links"] if each["counters"]["rx"]["errors"]]


def test_counters_run_on_and_nothing_of_a_container_is_held(bench: Bench) -> None:
    bench.come_up()
    about = About(lambda: bench.observer)
    bench.graph()
    before = about.counters(bench.box.id)["links"]
    (eth0,) = before
    bench.box.run(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"hello", ("10.9.0.1", 9)))
    after = about.counters(eth0)["links"]
    assert after[eth0]["tx"]["packets"] > before[eth0]["tx"]["packets"]
    assert after[eth0]["tx"]["bytes"] > before[eth0]["tx"]["bytes"]
    with pytest.raises(WorkshopError, match="is gone"):
        about.all("1:2/3")
