"""Links that others made: found again and removed, whatever has become of their numbers, and no others."""

from __future__ import annotations

from typing import Any

from tests.support.driver import ENDPOINT, NETWORK, Bench
from workshop.drivers import adopted, null

OTHER = "c" * 64


def make(bench: Bench, name: str, kind: str = "veth") -> dict[str, Any]:
    """A link, and how the store remembers it."""
    more = {"peer": f"{name}-peer"} if kind == "veth" else {}
    bench.host.kernel.link("add", ifname=name, kind=kind, **more)
    return {"name": name, "index": bench.host.kernel.index(name), "kind": kind, "end": "container"}


def remember(bench: Bench, *links: dict[str, Any], endpoint: str = ENDPOINT) -> dict[str, Any]:
    row = {"NetworkID": NETWORK, "EndpointID": endpoint, "Links": list(links)}
    bench.host.store.endpoints.put(endpoint, row)
    return row


def test_a_link_that_came_back_with_another_number_is_removed(bench: Bench):
    link = make(bench, "mine", "bridge")
    adopted.remove(bench.host, remember(bench, {**link, "index": link["index"] + 70}))
    assert bench.links() == {}


def test_one_of_the_same_name_that_belongs_to_another_endpoint_stays(bench: Bench):
    link = make(bench, "mine", "bridge")
    row = remember(bench, {**link, "index": link["index"] + 70})
    remember(bench, link, endpoint=OTHER)
    adopted.remove(bench.host, row)
    assert set(bench.links()) == {"mine"}


def test_one_of_the_same_name_and_another_kind_stays(bench: Bench):
    link = make(bench, "mine", "bridge")
    adopted.remove(bench.host, remember(bench, {**link, "index": link["index"] + 70, "kind": "macvlan"}))
    assert set(bench.links()) == {"mine"}


def test_the_null_driver_removes_what_others_made_beside_it_and_takes_every_option(bench: Bench):
    bench.driver = null  # type: ignore[assignment]
    bench.network({"parent": "eth0", "macvlan_mode": "bridge"})
    assert bench.warnings == []
    remember(bench, make(bench, "one"))
    remember(bench, make(bench, "two"), endpoint=OTHER)
    bench.call("delete_endpoint")
    assert set(bench.links()) == {"two", "two-peer"}
    network = bench.host.store.networks[NETWORK]
    bench.host.store.networks.put(NETWORK, {**network, "Links": [make(bench, "three", "bridge")]})
    bench.call("delete_network")
    assert bench.links() == {}
