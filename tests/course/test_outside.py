"""What a scenario changes outside of the hosts is as before when it is over, however it ended."""

from __future__ import annotations

import contextlib

import pytest
from pyroute2 import IPRoute

from tests.lab.inside import in_lab
from workshop.course import outside
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import SWITCH, Lab

pytestmark = pytest.mark.lab


def hairpin(world: Namespace) -> list[int]:
    """Whether each port of the switch sends back."""

    def read() -> list[int]:
        with IPRoute() as ip:
            switch = ip.link_lookup(ifname=SWITCH)[0]
            ports = [link for link in ip.get_links() if link.get("master") == switch]
            return [port.get(("linkinfo", "slave_data", "mode")) for port in ports]

    return world.run(read)


def routes(world: Namespace, version: int) -> list[tuple[str, str]]:
    """The routes by a gateway: where to, and by whom."""

    def read() -> list[tuple[str, str]]:
        with IPRoute() as ip:
            found = ip.get_routes(family=2 if version == 4 else 10, table=254)
            return [
                (f"{each.get('dst')}/{each['dst_len']}", each.get("gateway")) for each in found if each.get("gateway")
            ]

    return world.run(read)


@in_lab
def test_the_switch_sends_back_for_as_long_as_it_is_asked_to() -> None:
    with Lab(("alpha", "beta")) as lab:
        assert lab.world is not None
        assert hairpin(lab.world) == [0, 0]
        with outside.sending_back(lab.world):
            assert hairpin(lab.world) == [1, 1]
        assert hairpin(lab.world) == [0, 0]
        with contextlib.suppress(ZeroDivisionError), outside.sending_back(lab.world):
            raise ZeroDivisionError
        assert hairpin(lab.world) == [0, 0]


@pytest.mark.parametrize(("version", "subnet"), [(4, "10.90.1.0/24"), (6, "fd00:90:1::/64")])
@in_lab
def test_a_subnet_is_known_outside_for_as_long_as_it_is_asked_for(version: int, subnet: str) -> None:
    with Lab() as lab:
        assert lab.world is not None
        host = lab.hosts["alpha"].address if version == 4 else lab.hosts["alpha"].address6
        with outside.knowing(lab.world, subnet, host):
            assert routes(lab.world, version) == [(subnet, host)]
        assert routes(lab.world, version) == []
