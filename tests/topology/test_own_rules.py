"""Which of a host's firewall rules concern what is in a network's own namespace: those about the way there."""

from __future__ import annotations

import pytest

from tests.topology.test_own_namespace import SHORT, Bench, bench
from workshop.kernel import programs
from workshop.topology.about import About

pytestmark = pytest.mark.kernel
__all__ = ["bench"]

WAY, PORTS, CONTAINER, GATEWAY = (
    f'iifname "wsg{SHORT}" accept',
    'oifname "wsh*" drop',
    "ip daddr 10.9.0.2 accept",
    "ip daddr 10.9.0.1 accept",
)
PORT = f"wsh{'a' * 10}"


@pytest.fixture
def about(bench: Bench) -> About:
    """A container in the network, another one that waits at the host, and a rule of each kind."""
    bench.create_network()
    for number in range(2):
        bench.create_endpoint(number)
    bench.join(0)
    lines = ["add table inet t", "add chain inet t c { type filter hook forward priority 0; }"]
    lines += [f"add rule inet t c {rule}" for rule in (WAY, PORTS, CONTAINER, GATEWAY)]
    programs.run(bench.host, "nft", "-f", "-", given="\n".join(lines) + "\n")
    bench.graph()
    return About(lambda: bench.observer)


def rules(about: About, identity: str) -> list[str]:
    return [each["rule"] for each in about.all(identity)["rules"]]


def test_a_container_is_concerned_by_rules_about_the_way_there_but_by_none_about_ports(bench: Bench, about: About):
    assert rules(about, bench.boxes[0].id) == [WAY, CONTAINER]
    assert rules(about, bench.links(bench.room)[PORT]["id"]) == [WAY, CONTAINER]


@pytest.mark.parametrize("name", ["", "wsb"])
def test_the_namespace_and_its_bridge_by_those_about_the_gateway(bench: Bench, about: About, name: str) -> None:
    asked = bench.links(bench.room)[f"{name}{SHORT}"]["id"] if name else bench.room.id
    assert rules(about, asked) == [WAY, GATEWAY]


@pytest.mark.parametrize("name", ["wsu", "wsg"])
def test_both_ends_of_the_way_by_the_same(bench: Bench, about: About, name: str) -> None:
    where = bench.room if name == "wsu" else bench.host
    assert rules(about, bench.links(where)[f"{name}{SHORT}"]["id"]) == [WAY, GATEWAY]


def test_the_tunnel_by_those_about_the_way_there(bench: Bench, about: About) -> None:
    assert rules(about, bench.links(bench.room)[f"wst{SHORT}"]["id"]) == [WAY]
