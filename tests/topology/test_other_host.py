"""Another host of the plugin on the same machine, at the other end of a cable: it is no network's own namespace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyroute2 import IPRoute

from tests.topology.test_own_namespace import SHORT, Bench, bench
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
__all__ = ["bench"]


@pytest.fixture
def other(bench: Bench) -> Iterator[Namespace]:
    """A host with an address, and a bridge of a network of its own."""

    def make(ip: IPRoute) -> None:
        far = bench.index(ip, "far")
        ip.addr("add", index=far, address="192.0.2.11", prefixlen=24)
        ip.link("add", ifname="theirs", kind="bridge")
        ip.link("set", index=bench.index(ip, "theirs"), ifalias=f"workshop network {'7' * 64}", state="up")

    other = Namespace.create()
    bench.ip(bench.host, lambda ip: ip.link("set", index=bench.index(ip, "far"), net_ns_fd=other.descriptor))
    bench.ip(other, make)
    yield other
    other.close()


@pytest.mark.parametrize("later", [False, True], ids=["at once", "by an observer that comes later"])
def test_another_host_is_told_as_a_namespace_and_not_as_a_networks_own(bench: Bench, other: Namespace, later: bool):
    bench.create_network()
    if later:
        bench.restart()
    assert bench.until(lambda: "theirs" in bench.links(other) and bench.links(other)["far"]["addresses"])
    assert bench.spaces()[other.id]["network"] is None
    assert bench.spaces()[bench.room.id]["name"] == f"wsn{SHORT}"


def test_an_address_that_somebody_gives_to_a_networks_bridge_makes_no_host_of_its_namespace(bench: Bench) -> None:
    bench.create_network()
    name = f"wsb{SHORT}"
    bench.ip(bench.room, lambda ip: ip.addr("add", index=bench.index(ip, name), address="10.9.0.9", prefixlen=24))
    assert bench.until(lambda: bench.links(bench.room)[name]["addresses"])
    assert bench.spaces()[bench.room.id]["name"] == f"wsn{SHORT}"
