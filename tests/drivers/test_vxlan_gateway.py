"""The host's own place in a network that is in its own namespace: found by all, however long it is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rooms import BRIDGE, CONTAINER_END, TUNNEL, UPLINK, Place, own
from tests.support.shell import inside, path_of
from workshop.drivers.vxlan_tunnel import gateway_mac
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
KEPT = f"{gateway_mac(4242)} dev {UPLINK} sticky master {BRIDGE} static"


@pytest.fixture
def box(place: Place) -> Iterator[Namespace]:
    """A container in a network in its own namespace."""
    place.network(own())
    place.bench.endpoint()
    box = Namespace.create()
    programs.run(place.namespace, "ip", "link", "set", CONTAINER_END, "netns", path_of(box))
    for command in ("link set {} up", "addr add 10.9.0.2/24 dev {}", "route add default via 10.9.0.1"):
        inside(box, "ip", *command.format(CONTAINER_END).split())
    yield box
    box.close()


def kept(place: Place) -> bool:
    return KEPT in [" ".join(line.split()) for line in place.told("bridge fdb show").splitlines()]


def test_what_is_for_the_gateway_goes_to_no_tunnel_though_the_bridge_has_forgotten_all(place: Place, box: Namespace):
    assert inside(box, "ping", "-c", "1", "10.9.0.1")
    place.told(f"ip link set {UPLINK} type bridge_slave fdb_flush")
    for _ in range(2):
        inside(box, "ping", "-c", "1", "-W", "1", "192.0.2.10")
    assert place.inside()[TUNNEL].get(("stats64", "tx_packets")) == 0


def test_who_says_to_have_the_gateways_mac_gets_nothing_that_is_for_it(place: Place, box: Namespace):
    inside(box, "ip", "link", "add", "false", "link", CONTAINER_END, "address", gateway_mac(4242), "type", "macvlan")
    inside(box, "ip", "link", "set", "false", "up")
    inside(box, "ip", "addr", "add", "10.9.0.77/24", "dev", "false")
    inside(box, "ping", "-c", "1", "-W", "1", "-I", "false", "10.9.0.1", check=False)
    assert kept(place)


@pytest.mark.parametrize("lost", [f"link set {UPLINK} nomaster", f"link del {BRIDGE}", f"link del {UPLINK}"])
def test_that_it_is_there_the_bridge_knows_again_after_a_restart(place: Place, lost: str):
    place.network(own())
    assert kept(place)
    place.told(f"ip {lost}")
    assert not kept(place)
    place.restart()
    assert kept(place)
    before = list(place.commands)
    place.restart()
    assert not [command for command in place.commands[len(before) :] if " fdb " in command]
