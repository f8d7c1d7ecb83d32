"""The walk between containers of two hosts: each part of the tunnel is broken in turn, and that part is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import pytest
from pyroute2 import IPRoute

from tests.lab.inside import in_lab
from workshop.course import path, traffic
from workshop.course.eyes import Eyes
from workshop.course.path import Broken, Side
from workshop.course.view import View
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.lab

FLOOD = "00:00:00:00:00:00"
HOSTS = {"alpha": "192.0.2.10", "beta": "192.0.2.11"}
INSIDE = {"alpha": "10.9.0.64", "beta": "10.9.0.128"}
TARGET = INSIDE["beta"]


@dataclass
class Two:
    """Two hosts, joined by a cable. Each has a bridge ``br``, a tunnel ``far`` on it, and a container."""

    hosts: dict[str, Namespace] = field(default_factory=dict)
    containers: dict[str, Namespace] = field(default_factory=dict)

    def change(self, where: Namespace, change: Callable[[IPRoute], object]) -> None:
        """Do something in a namespace."""

        def run() -> None:
            with IPRoute() as ip:
                change(ip)

        where.run(run)

    def set(self, host: str, name: str, **what: object) -> None:
        """Change a link of a host."""
        self.change(self.hosts[host], lambda ip: ip.link("set", index=ip.link_lookup(ifname=name)[0], **what))

    def tunnel(self, host: str, peer: str | None = None, **facts: object) -> None:
        """Make a host's tunnel, on its bridge, up; one that is there is replaced."""
        facts = {"vxlan_id": 42, "vxlan_port": 4789, "mtu": 1450, **facts}

        def make(ip: IPRoute) -> None:
            for index in ip.link_lookup(ifname="far"):
                ip.link("del", index=index)
            bridge = ip.link_lookup(ifname="br")[0]
            ip.link("add", ifname="far", kind="vxlan", master=bridge, state="up", **facts)
            if peer is not None:
                ip.fdb("append", ifindex=ip.link_lookup(ifname="far")[0], lladdr=FLOOD, dst=peer)

        self.change(self.hosts[host], make)

    def entry(self, host: str, verb: str, mac: str, dst: str) -> None:
        """Change the forwarding table of a host's tunnel."""
        by_hand = {"state": 0xC0, "flags": 0x02}  # permanent, and the tunnel's own

        def change(ip: IPRoute) -> None:
            ip.fdb(verb, ifindex=ip.link_lookup(ifname="far")[0], lladdr=mac, dst=dst, **by_hand)

        self.change(self.hosts[host], change)

    @contextmanager
    def sides(self) -> Iterator[tuple[Side, Side]]:
        """Both ends, as they are now."""
        with ExitStack() as stack:
            found = []
            for name, container in (("alpha", "bar"), ("beta", "kitchen")):
                inside = View(stack.enter_context(Eyes(self.containers[name])))
                host = View(stack.enter_context(Eyes(self.hosts[name])))
                found.append(Side(container, inside, host, name, HOSTS[name]))
            yield found[0], found[1]

    def walk(self) -> Broken | None:
        """The walk from alpha's container to beta's."""
        with self.sides() as (bar, kitchen):
            return path.walk(bar, kitchen, TARGET)

    def no_answer(self) -> Broken:
        """What is told if nothing is broken, and there is no answer."""
        with self.sides() as (bar, kitchen):
            return path.no_answer(bar, kitchen, TARGET)

    def reached(self, seconds: float = 10, **how: object) -> bool:
        """Whether beta's container answers alpha's."""
        return traffic.ping(self.containers["alpha"], TARGET, seconds, **how)


@contextmanager
def two_hosts() -> Iterator[Two]:
    """Two hosts whose containers reach each other; all of it is gone afterwards."""
    two = Two()
    with ExitStack() as stack:
        for name in HOSTS:
            two.hosts[name], two.containers[name] = Namespace.create(), Namespace.create()
            stack.callback(two.hosts[name].close)
            stack.callback(two.containers[name].close)
        far = {"ifname": "eth0", "net_ns_fd": two.hosts["beta"].descriptor}
        two.change(two.hosts["alpha"], lambda ip: ip.link("add", ifname="eth0", kind="veth", peer=far))
        for name, peer in (("alpha", "beta"), ("beta", "alpha")):
            set_up(two, name)
            two.tunnel(name, HOSTS[peer])
        yield two


def set_up(two: Two, name: str) -> None:
    """A host's address, its bridge, and its container."""

    def host(ip: IPRoute) -> None:
        for each in ("lo", "eth0"):
            ip.link("set", index=ip.link_lookup(ifname=each)[0], state="up")
        ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address=HOSTS[name], prefixlen=24)
        ip.link("add", ifname="br", kind="bridge", state="up")
        peer = {"ifname": "eth0", "net_ns_fd": two.containers[name].descriptor, "mtu": 1450}
        bridge = ip.link_lookup(ifname="br")[0]
        ip.link("add", ifname="near", kind="veth", master=bridge, mtu=1450, state="up", peer=peer)

    def container(ip: IPRoute) -> None:
        index = ip.link_lookup(ifname="eth0")[0]
        ip.addr("add", index=index, address=INSIDE[name], prefixlen=24)
        ip.link("set", index=index, state="up")

    two.change(two.hosts[name], host)
    two.change(two.containers[name], container)


def assert_broken(broken: Broken | None, expected: str, seen: str, layer: str = "tunnel") -> None:
    assert broken is not None, "nothing was found broken"
    assert broken.layer == layer, broken
    assert expected in broken.expected, broken
    assert seen in broken.seen, broken


@in_lab
def test_a_whole_way_is_whole() -> None:
    with two_hosts() as two:
        assert two.reached()
        assert two.walk() is None


@in_lab
def test_only_what_fits_into_the_tunnel_gets_through_whole() -> None:
    with two_hosts() as two:
        assert two.reached(size=1450 - traffic.HEADERS, whole=True)
        for where, name in ((two.containers["alpha"], "eth0"), (two.hosts["alpha"], "near")):
            two.change(where, lambda ip, name=name: ip.link("set", index=ip.link_lookup(ifname=name)[0], mtu=1500))
        assert not two.reached(0.5, size=1500 - traffic.HEADERS, whole=True)
        assert two.reached()


@in_lab
def test_no_tunnel() -> None:
    with two_hosts() as two:
        two.change(two.hosts["beta"], lambda ip: ip.link("del", index=ip.link_lookup(ifname="far")[0]))
        assert_broken(
            two.walk(),
            "a vxlan link on br, the bridge of kitchen on beta",
            "ports of br: near; vxlan links on beta: none",
        )


@in_lab
def test_a_tunnel_beside_the_bridge() -> None:
    with two_hosts() as two:
        two.set("alpha", "far", master=0)
        assert_broken(two.walk(), "a vxlan link on br, the bridge of bar on alpha", "far (vxlan, up) VNI 42")


@in_lab
def test_a_tunnel_that_is_down() -> None:
    with two_hosts() as two:
        two.set("beta", "far", state="down")
        assert_broken(two.walk(), "far on beta up", "far is down")


@in_lab
def test_a_container_on_no_bridge() -> None:
    with two_hosts() as two:
        two.set("beta", "near", master=0)
        assert_broken(
            two.walk(), "near, the host's end of eth0 in kitchen, on the network's bridge", "no bridge", "master"
        )


@in_lab
def test_two_vnis() -> None:
    with two_hosts() as two:
        two.tunnel("beta", HOSTS["alpha"], vxlan_id=43)
        assert not two.reached(0.5)
        assert_broken(two.walk(), "the same VNI on both hosts", "far on alpha has VNI 42, far on beta has 43")


@in_lab
def test_two_udp_ports() -> None:
    with two_hosts() as two:
        two.tunnel("beta", HOSTS["alpha"], vxlan_port=8472)
        assert not two.reached(0.5)
        assert_broken(two.walk(), "the same UDP port on both hosts", "UDP port 4789, far on beta has 8472")


@in_lab
def test_it_sends_from_an_address_that_nobody_has() -> None:
    with two_hosts() as two:
        two.tunnel("alpha", HOSTS["beta"], vxlan_local="192.0.2.99")
        assert not two.reached(0.5)
        assert_broken(two.walk(), "reached, such as 192.0.2.10", "local 192.0.2.99, which no link of alpha has")


@in_lab
def test_it_sends_from_the_networks_own_gateway() -> None:
    with two_hosts() as two:

        def gateway(ip: IPRoute) -> None:
            ip.addr("add", index=ip.link_lookup(ifname="br")[0], address="10.9.0.1", prefixlen=24)

        two.change(two.hosts["beta"], gateway)
        two.tunnel("beta", HOSTS["alpha"], vxlan_local="10.9.0.1")
        assert_broken(two.walk(), "by which beta is reached", "local 10.9.0.1, which is the network's own, on br")


@in_lab
def test_it_sends_to_itself() -> None:
    with two_hosts() as two:
        two.entry("alpha", "append", FLOOD, HOSTS["alpha"])
        assert not two.reached(0.5)
        assert_broken(two.walk(), "far on alpha sends to other hosts", "dst 192.0.2.10 is alpha itself")


@in_lab
def test_nobody_is_told() -> None:
    with two_hosts() as two:
        two.tunnel("alpha")
        assert not two.reached(0.5)
        assert_broken(two.walk(), f"{FLOOD} dst 192.0.2.11 (beta) in the forwarding table of far on alpha", "none")


@in_lab
def test_somebody_else_is_told() -> None:
    with two_hosts() as two:
        two.tunnel("alpha", "192.0.2.77")
        assert_broken(two.walk(), "dst 192.0.2.11 (beta)", f"entries of far: {FLOOD} dst 192.0.2.77")


@in_lab
def test_the_way_back_has_to_be_told_to_a_tunnel_that_does_not_learn() -> None:
    with two_hosts() as two:
        two.tunnel("beta")
        assert two.reached(), "it has learned from the question"
        two.tunnel("beta", vxlan_learning=0)
        assert not two.reached(0.5)
        assert_broken(two.walk(), "dst 192.0.2.10 (alpha) in the forwarding table of far on beta", "none")


@in_lab
def test_a_container_is_said_to_be_elsewhere() -> None:
    with two_hosts() as two:
        with two.sides() as (_, kitchen):
            (link,) = kitchen.links()
        two.entry("alpha", "replace", link.mac, "192.0.2.77")
        assert_broken(two.walk(), f"{link.mac} (kitchen) at 192.0.2.11 (beta)", f"{link.mac} dst 192.0.2.77")


@in_lab
def test_a_multicast_group_in_place_of_a_list() -> None:
    with two_hosts() as two:
        for name, group in (("alpha", "239.1.1.1"), ("beta", "239.1.1.1")):
            two.tunnel(name, vxlan_group=group, vxlan_link=2)
        assert two.reached()
        assert two.walk() is None
        two.tunnel("beta", vxlan_group="239.1.1.2", vxlan_link=2)
        assert_broken(two.walk(), "the same multicast group on both hosts", "239.1.1.1 and 239.1.1.2")


@in_lab
def test_another_kind_of_tunnel_is_not_judged() -> None:
    with two_hosts() as two:
        two.tunnel("alpha")
        two.change(two.hosts["alpha"], lambda ip: ip.link("add", ifname="tap", kind="tuntap", mode="tap"))
        two.change(
            two.hosts["alpha"],
            lambda ip: ip.link("set", index=ip.link_lookup(ifname="tap")[0], master=ip.link_lookup(ifname="br")[0]),
        )
        assert two.walk() is None


@in_lab
def test_dropped_on_the_way_names_both_hosts() -> None:
    with two_hosts() as two:
        with two.sides() as (bar, kitchen):
            nowhere = replace(bar, host=kitchen.inside)
            broken = path.no_answer(nowhere, kitchen, TARGET)
            assert_broken(broken, "from bar on alpha to br on beta", "on beta no chain", "forward chain")
        broken = two.no_answer()
        assert_broken(broken, "from br on alpha to br on beta", "on alpha no chain", "forward chain")
        assert "on beta no chain" in broken.seen
