"""Frames of the judge's own: what is counted of them, and which nodes of a cluster hear them through a tunnel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pyroute2 import IPRoute

from tests.course.test_path import network
from tests.lab.inside import in_lab
from workshop.course import traffic
from workshop.course.eyes import Eyes
from workshop.course.nodes import Nodes
from workshop.course.traffic import Wire
from workshop.course.view import View
from workshop.errors import CannotHere
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import Lab

pytestmark = pytest.mark.lab

FRAME = traffic.frame(b"a test")
EVERYBODY = "00:00:00:00:00:00"
A, B, C = "192.0.2.71", "192.0.2.72", "192.0.2.73"
A6, B6 = "2001:db8::71", "2001:db8::72"


@dataclass
class Cluster:
    """A lab's host with a bridge ``br`` and a tunnel ``far`` that is plugged into it, and nodes outside."""

    host: Namespace
    wire: Wire
    nodes: Nodes

    def change(self, what: Callable[[IPRoute], object]) -> None:
        """Do something on the host."""
        change(self.host, what)

    def make(self, **local: str) -> None:
        """The bridge and the tunnel."""

        def make(ip: IPRoute) -> None:
            ip.link("add", ifname="br", kind="bridge", state="up")
            bridge = ip.link_lookup(ifname="br")[0]
            kind = {"kind": "vxlan", "vxlan_id": 42, "vxlan_port": 4789, **local}
            ip.link("add", ifname="far", master=bridge, state="up", **kind)

        self.change(make)

    def send_to(self, *addresses: str) -> None:
        """The tunnel sends to these nodes."""
        for address in addresses:
            self.change(lambda ip, to=address: ip.fdb("append", ifindex=far(ip), lladdr=EVERYBODY, dst=to))


def change(namespace: Namespace, what: Callable[[IPRoute], object]) -> None:
    """Do something in a namespace."""

    def run() -> None:
        with IPRoute() as ip:
            what(ip)

    namespace.run(run)


def far(ip: IPRoute) -> int:
    return ip.link_lookup(ifname="far")[0]


@contextlib.contextmanager
def cluster(*addresses: str) -> Iterator[Cluster]:
    """A host and nodes with these addresses."""
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(Lab(("alpha",)))
        host = lab.hosts["alpha"].namespace
        wire = stack.enter_context(contextlib.closing(Wire(host)))
        assert lab.world is not None
        nodes = stack.enter_context(contextlib.closing(Nodes(lab.world, host, wire, addresses)))
        yield Cluster(host, wire, nodes)


@in_lab
def test_frames_are_counted_where_they_go_through_and_nobody_answers_them() -> None:
    with network() as world, Eyes(world.host) as eyes:
        view = View(eyes)
        port, bridge = view.link("ha"), view.link("br")
        assert port is not None and bridge is not None
        assert traffic.ping(world.a, "10.9.0.1", 5)
        before, aside = view.counters(port), view.counters(bridge)
        for namespace, link, number in ((world.a, "eth0", 70), (world.host, "ha", 50)):
            with contextlib.closing(Wire(namespace)) as wire:
                wire.send(link, FRAME, number)
        after = view.counters(port)
        assert after.rx_bytes - before.rx_bytes >= 70 * len(FRAME) and after.tx_bytes - before.tx_bytes >= 50 * len(
            FRAME
        )
        # neighbours are looked for now and then, by the kernel itself
        assert 70 <= after.rx_packets - before.rx_packets < 80 and 50 <= after.tx_packets - before.tx_packets < 60
        assert view.counters(bridge).rx_packets - aside.rx_packets < 10


@in_lab
def test_what_a_link_counts_that_is_gone_cannot_be_told() -> None:
    with network() as world, Eyes(world.host) as eyes:
        view = View(eyes)
        link = view.link("ha")
        assert link is not None
        world.change(world.host, lambda ip: ip.link("del", index=link.index))
        with pytest.raises(LookupError):
            view.counters(link)


@in_lab
def test_a_frame_goes_through_a_link_that_has_just_come_up() -> None:
    def make(ip: IPRoute) -> None:
        ip.link("add", ifname="br", kind="bridge", state="up")
        master = ip.link_lookup(ifname="br")[0]
        ip.link("add", ifname="far", kind="vxlan", vxlan_id=42, vxlan_port=4789, master=master, state="up")
        ip.link("add", ifname="one", kind="veth", peer="two", state="up")
        ip.link("set", index=ip.link_lookup(ifname="two")[0], state="up")

    for _ in range(20):
        namespace = Namespace.create()
        with contextlib.closing(Wire(namespace)) as wire, Eyes(namespace) as eyes:
            change(namespace, make)
            assert wire.send("br", traffic.frame(b"for everybody", traffic.EVERYBODY), 1000)
            assert wire.send("one", FRAME, 1000)
            view = View(eyes)
            bridge, two = view.link("br"), view.link("two")
            assert bridge is not None and view.counters(bridge).tx_packets >= 1000
            assert two is not None and view.counters(two).rx_packets >= 1000
        namespace.close()


@in_lab
def test_a_link_that_is_down_or_leads_nowhere_takes_no_frame() -> None:
    namespace = Namespace.create()
    with contextlib.closing(Wire(namespace)) as wire:
        change(namespace, lambda ip: ip.link("add", ifname="up", kind="veth", peer="down", state="up"))
        assert not any(wire.send(link, FRAME) for link in ("up", "down", "none"))
    namespace.close()


@in_lab
def test_nodes_hear_what_a_tunnel_sends_to_them_and_nothing_else() -> None:
    with cluster(A, B, C) as found:
        assert not found.nodes.heard("br")  # there is none
        found.make()
        assert not found.nodes.heard("br")
        found.send_to(A, B)
        assert found.nodes.heard("br", (A, B)) == {A: 1, B: 1}
        found.change(lambda ip: ip.fdb("del", ifindex=far(ip), lladdr=EVERYBODY, dst=A))
        assert found.nodes.heard("br", (B,)) == {B: 1}
        # who is wanted, and does not hear, is not waited for as long as one who may be on the way
        assert found.nodes.heard("br", (A, B, C)) == {B: 1}


@in_lab
def test_a_node_hears_each_copy() -> None:
    with cluster(A) as found:
        found.make()
        found.send_to(A)

        def second(ip: IPRoute) -> None:
            bridge = ip.link_lookup(ifname="br")[0]
            ip.link("add", ifname="too", kind="vxlan", vxlan_id=43, vxlan_port=4789, master=bridge, state="up")
            ip.fdb("append", ifindex=ip.link_lookup(ifname="too")[0], lladdr=EVERYBODY, dst=A)

        found.change(second)
        assert found.nodes.heard("br", (A,)) == {A: 2}


@in_lab
def test_nodes_may_have_ipv6_addresses() -> None:
    with cluster(A6, B6, A) as found:
        found.make(vxlan_local6="2001:db8::10")
        found.send_to(A6)
        assert found.nodes.heard("br", (A6,)) == {A6: 1}


@in_lab
def test_a_tunnel_that_sends_from_an_address_of_nobodys_reaches_nobody() -> None:
    with cluster(A) as found:
        found.make(vxlan_local="203.0.113.7")
        found.send_to(A)
        assert not found.nodes.heard("br", (A,))


@in_lab
def test_nodes_go_and_leave_nothing() -> None:
    with cluster(A, A6) as found:
        world = Namespace.current()

        def addresses() -> set[str]:
            with Eyes(world) as eyes:
                return {row["address"] for row in eyes.addresses()}

        assert {f"{A}/32", f"{A6}/128"} <= addresses()
        with pytest.raises(CannotHere, match="4789"):
            Nodes(world, found.host, found.wire, (B,))
        found.nodes.close()
        assert not {f"{A}/32", f"{A6}/128", f"{B}/32"} & addresses()
        Nodes(world, found.host, found.wire, (B,)).close()
        world.close()
