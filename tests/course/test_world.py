"""What is next door to a machine with a real Docker: the world outside, and another host."""

from __future__ import annotations

import subprocess

import pytest

from tests.lab.inside import in_lab
from workshop.course import traffic
from workshop.course.world import LINK, World
from workshop.errors import CannotHere
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.lab


def links(host: Namespace) -> str:
    return host.run(lambda: subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout)


@in_lab
def test_the_machine_the_world_and_the_other_host_reach_each_other() -> None:
    host = Namespace.create()
    with World(host, ("beta",)) as world:
        world.check_tunnels()
        beta = world.lab.hosts["beta"]
        assert (world.host_address, beta.address) == ("192.0.2.10", "192.0.2.11")
        for address in ("192.0.2.1", "2001:db8::1", beta.address, beta.address6):
            assert traffic.ping(host, address, 5), address
        assert traffic.ping(beta.namespace, world.host_address, 5)
        assert traffic.ping(world.namespace, world.host_address6, 5)
    assert LINK not in links(host)


@in_lab
def test_a_machine_that_has_such_a_link_already_is_told_of_it() -> None:
    host = Namespace.create()
    with World(host), pytest.raises(CannotHere, match=f"sudo ip link del {LINK}"), World(host, ("beta",)):
        pass
    assert LINK not in links(host)


@in_lab
def test_a_firewall_that_keeps_tunnels_out_is_told_of() -> None:
    host = Namespace.create()
    rules = "table inet shut { chain input { type filter hook input priority 0; udp dport 4789 drop; }; }"
    with World(host, ("beta",)) as world:
        host.run(lambda: subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True))
        with pytest.raises(CannotHere, match="firewall lets nothing in .* UDP port 4789"):
            world.check_tunnels()
