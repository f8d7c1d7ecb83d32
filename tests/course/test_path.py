"""The walk between two containers: each layer is broken in turn, and that layer is told, with the real values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest
from pyroute2 import IPRoute

from tests.lab.inside import in_lab
from workshop.course import path, traffic
from workshop.course.eyes import Eyes
from workshop.course.path import Broken, Side
from workshop.course.view import View
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import set_sysctl

pytestmark = pytest.mark.lab

A, B, GATEWAY = "10.9.0.2", "10.9.0.3", "10.9.0.1"
MAC = "02:00:00:00:09:03"


@dataclass
class World:
    """A bridge ``br`` on a host with two containers, ``a`` and ``b``, whose pairs are ``ha`` and ``hb``."""

    host: Namespace
    a: Namespace
    b: Namespace

    def change(self, where: Namespace, change: Callable[[IPRoute], object]) -> None:
        """Do something in a namespace."""

        def run() -> None:
            with IPRoute() as ip:
                change(ip)

        where.run(run)

    def set(self, where: Namespace, name: str, **what: object) -> None:
        """Change a link."""
        self.change(where, lambda ip: ip.link("set", index=ip.link_lookup(ifname=name)[0], **what))

    def walk(self, address: str = B, to_b: bool = True) -> Broken | None:
        """The walk from ``a`` to ``b``, or to an address that is nobody's."""
        with self.sides() as (a, b):
            return path.walk(a, b if to_b else None, address)

    def no_answer(self, address: str = B) -> Broken:
        """What is told if nothing is broken, and there is no answer."""
        with self.sides() as (a, b):
            return path.no_answer(a, b, address)

    @contextmanager
    def sides(self) -> Iterator[tuple[Side, Side]]:
        """Both ends, as they are now. The host is looked at for each, as in a judgement."""
        with Eyes(self.host) as host, Eyes(self.a) as a, Eyes(self.b) as b:
            yield Side("a", View(a), View(host)), Side("b", View(b), View(host))


def plug(world: World, name: str, inside: Namespace, address: str, mac: str) -> None:
    def pair(ip: IPRoute) -> None:
        peer = {"ifname": "eth0", "net_ns_fd": inside.descriptor, "address": mac}
        bridge = ip.link_lookup(ifname="br")[0]
        ip.link("add", ifname=name, kind="veth", master=bridge, state="up", peer=peer)

    def configure(ip: IPRoute) -> None:
        index = ip.link_lookup(ifname="eth0")[0]
        ip.addr("add", index=index, address=address, prefixlen=24)
        ip.link("set", index=1, state="up")
        ip.link("set", index=index, state="up")
        ip.route("add", dst="default", gateway=GATEWAY)

    world.change(world.host, pair)
    world.change(inside, configure)


@contextmanager
def network() -> Iterator[World]:
    """Two containers that reach each other; all of it is gone afterwards."""
    with ExitStack() as stack:
        world = World(*(Namespace.create() for _ in range(3)))
        for each in (world.host, world.a, world.b):
            stack.callback(each.close)

        def bridge(ip: IPRoute) -> None:
            ip.link("set", index=1, state="up")
            ip.link("add", ifname="br", kind="bridge", address="02:00:00:00:09:01", state="up")
            ip.addr("add", index=ip.link_lookup(ifname="br")[0], address=GATEWAY, prefixlen=24)

        world.change(world.host, bridge)
        plug(world, "ha", world.a, A, "02:00:00:00:09:02")
        plug(world, "hb", world.b, B, MAC)
        yield world


def assert_broken(broken: Broken | None, layer: str, expected: str, seen: str) -> None:
    assert broken is not None, "nothing was found broken"
    assert broken.layer == layer, broken
    assert expected in broken.expected, broken
    assert seen in broken.seen, broken


@in_lab
def test_a_whole_way_is_whole() -> None:
    with network() as world:
        assert traffic.ping(world.a, B, 5)
        assert world.walk() is None
        assert world.walk(GATEWAY, to_b=False) is None


@in_lab
def test_link_up_in_the_container() -> None:
    with network() as world:
        world.set(world.b, "eth0", state="down")
        assert_broken(world.walk(), "link up", "eth0 in b up", "eth0 is down")


@in_lab
def test_link_up_on_the_host() -> None:
    with network() as world:
        world.set(world.host, "ha", state="down")
        assert_broken(world.walk(), "link up", "ha up, the host's end of eth0 in a", "ha is down")


@in_lab
def test_the_bridge_is_down() -> None:
    with network() as world:
        world.set(world.host, "br", state="down")
        assert_broken(world.walk(), "link up", "br up", "br is down")


@in_lab
def test_no_link_at_all() -> None:
    with network() as world:
        world.change(world.host, lambda ip: ip.link("del", index=ip.link_lookup(ifname="hb")[0]))
        assert_broken(world.walk(), "link up", "an interface in b", "only lo")


@in_lab
def test_master_missing() -> None:
    with network() as world:
        world.set(world.host, "hb", master=0)
        assert_broken(
            world.walk(), "master", "hb, the host's end of eth0 in b, on the network's bridge", "on no bridge"
        )


@in_lab
def test_masters_differ() -> None:
    with network() as world:
        world.change(world.host, lambda ip: ip.link("add", ifname="other", kind="bridge", state="up"))
        world.change(
            world.host,
            lambda ip: ip.link(
                "set", index=ip.link_lookup(ifname="hb")[0], master=ip.link_lookup(ifname="other")[0], state="up"
            ),
        )
        assert_broken(world.walk(), "master", "ha and hb on one bridge", "on other")


@in_lab
def test_address_missing() -> None:
    with network() as world:
        world.change(world.b, lambda ip: ip.flush_addr(index=ip.link_lookup(ifname="eth0")[0]))
        assert_broken(world.walk(), "address", f"{B} in b", "b has eth0 (veth, up)")


@in_lab
def test_route_missing() -> None:
    with network() as world:
        world.change(world.a, lambda ip: ip.route("del", dst="default", gateway=GATEWAY))
        assert_broken(world.walk("192.0.2.1", to_b=False), "route", "a route to 192.0.2.1 in a", "10.9.0.0/24 dev eth0")


@in_lab
def test_gateway_on_no_subnet_of_the_container() -> None:
    with network() as world:

        def other_gateway(ip: IPRoute) -> None:
            ip.route("del", dst="default", gateway=GATEWAY)
            index = ip.link_lookup(ifname="eth0")[0]
            ip.route("add", dst="10.77.0.1/32", oif=index, scope=253)
            ip.route("add", dst="default", gateway="10.77.0.1", oif=index)

        world.change(world.a, other_gateway)
        broken = world.walk("192.0.2.1", to_b=False)
        assert_broken(
            broken, "neighbour", "somebody who has the gateway's address 10.77.0.1", "br (bridge, up, 10.9.0.1/24)"
        )


@in_lab
def test_route_back_missing() -> None:
    with network() as world:

        def elsewhere(ip: IPRoute) -> None:
            index = ip.link_lookup(ifname="eth0")[0]
            ip.addr("del", index=index, address=B, prefixlen=24)
            ip.addr("add", index=index, address=B, prefixlen=32)

        world.change(world.b, elsewhere)
        assert_broken(world.walk(), "route", f"a route back to {A} in b", "the routes of b: none")


@in_lab
def test_neighbour_with_another_mac() -> None:
    with network() as world:

        def wrong(ip: IPRoute) -> None:
            index = ip.link_lookup(ifname="eth0")[0]
            ip.neigh("replace", dst=B, lladdr="02:00:00:00:00:77", ifindex=index, state=0x80)

        world.change(world.a, wrong)
        assert_broken(world.walk(), "neighbour", f"{B} at {MAC}", "02:00:00:00:00:77 (permanent)")


@in_lab
def test_nobody_has_the_gateway() -> None:
    with network() as world:
        world.change(world.host, lambda ip: ip.flush_addr(index=ip.link_lookup(ifname="br")[0]))
        broken = world.walk("192.0.2.1", to_b=False)
        assert_broken(broken, "neighbour", f"the gateway's address {GATEWAY}", "nobody on the host has it")


@in_lab
def test_neighbour_does_not_answer() -> None:
    with network() as world:
        world.set(world.b, "eth0", arp=False)
        assert not traffic.ping(world.a, B, 0.2)
        assert world.walk() is None
        assert_broken(world.no_answer(), "neighbour", f"{B} answers when a asks who has it", "without a MAC address")


@in_lab
def test_forward_chain_drops() -> None:
    with network() as world:
        if not world.host.run(lambda: set_sysctl("net/bridge/bridge-nf-call-iptables", "1")):
            pytest.fail("this kernel has no br_netfilter")
        programs.run(world.host, "iptables", "-P", "FORWARD", "DROP")
        assert not traffic.ping(world.a, B, 0.3)
        assert world.walk() is None
        assert_broken(world.no_answer(), "forward chain", "from br to br", "policy drop")
        programs.run(world.host, "iptables", "-A", "FORWARD", "-i", "br", "-o", "br", "-j", "ACCEPT")
        assert traffic.ping(world.a, B, 5)


@in_lab
def test_a_router_between_two_networks() -> None:
    """Without a bridge, as point-to-point links have it: the host is the router, and no master is missing."""
    with network() as world:

        def routed(ip: IPRoute) -> None:
            for number, name in ((2, "ha"), (3, "hb")):
                index = ip.link_lookup(ifname=name)[0]
                ip.link("set", index=index, master=0)
                ip.addr("add", index=index, address="10.9.9.1", prefixlen=32)
                ip.route("add", dst=f"10.9.0.{number}/32", oif=index, scope=253)

        def by_gateway(ip: IPRoute) -> None:
            index = ip.link_lookup(ifname="eth0")[0]
            (address,) = ip.get_addr(index=index, family=2)
            ip.addr("del", index=index, address=address.get("address"), prefixlen=24)
            ip.addr("add", index=index, address=address.get("address"), prefixlen=32)
            ip.route("add", dst="10.9.9.1/32", oif=index, scope=253)
            ip.route("add", dst="default", gateway="10.9.9.1", oif=index)

        world.host.run(lambda: set_sysctl("net/ipv4/ip_forward", "1"))
        world.change(world.host, routed)
        for side in (world.a, world.b):
            world.change(side, by_gateway)
        assert traffic.ping(world.a, B, 5)
        assert world.walk() is None


MACVLAN_B = "192.0.2.3"


@contextmanager
def macvlans(mode: str = "bridge", *, parents: int = 1) -> Iterator[World]:
    """Two containers with a macvlan each, on the same parent or on one each; the parents' other ends are nowhere."""
    with ExitStack() as stack:
        world = World(*(Namespace.create() for _ in range(3)))
        for each in (world.host, world.a, world.b):
            stack.callback(each.close)

        def make(ip: IPRoute) -> None:
            for number in range(parents):
                ip.link("add", ifname=f"up{number}", kind="veth", peer=f"down{number}", state="up")
                ip.link("set", index=ip.link_lookup(ifname=f"down{number}")[0], state="up")
            for number, space in enumerate((world.a, world.b)):
                parent = ip.link_lookup(ifname=f"up{number % parents}")[0]
                ip.link("add", ifname=f"mv{number}", kind="macvlan", link=parent, macvlan_mode=mode)
                ip.link("set", index=ip.link_lookup(ifname=f"mv{number}")[0], net_ns_fd=space.descriptor)

        def configure(name: str, address: str) -> Callable[[IPRoute], None]:
            def work(ip: IPRoute) -> None:
                (index,) = ip.link_lookup(ifname=name)
                ip.addr("add", index=index, address=address, prefixlen=24)
                ip.link("set", index=index, state="up")
                ip.route("add", dst="default", gateway="192.0.2.1")

            return work

        world.change(world.host, make)
        world.change(world.a, configure("mv0", "192.0.2.2"))
        world.change(world.b, configure("mv1", MACVLAN_B))
        yield world


@in_lab
def test_a_whole_way_between_two_macvlans_is_whole() -> None:
    with macvlans() as world:
        assert traffic.ping(world.a, MACVLAN_B, 5)
        assert world.walk(MACVLAN_B) is None


@in_lab
def test_the_parent_is_down() -> None:
    with macvlans() as world:
        world.set(world.host, "up0", state="down")
        assert_broken(world.walk(MACVLAN_B), "parent", "up0 up, on which mv0 in a sits", "up0 is down")


@in_lab
def test_parents_differ() -> None:
    with macvlans(parents=2) as world:
        assert_broken(
            world.walk(MACVLAN_B), "parent", "a and b on one parent", "mv1 is a macvlan in mode bridge on up1"
        )


@pytest.mark.parametrize("mode", ["private", "vepa"])
@in_lab
def test_the_mode_keeps_them_apart(mode: str) -> None:
    with macvlans(mode) as world:
        assert not traffic.ping(world.a, MACVLAN_B, 0.1)
        assert_broken(world.walk(MACVLAN_B), "parent", "mv0 in a in mode bridge", f"mode {mode} on up0")


@in_lab
def test_nobody_outside_answers_a_macvlan() -> None:
    with macvlans() as world:
        assert world.walk("192.0.9.9", to_b=False) is None
        with world.sides() as (a, _):
            broken = path.no_answer(a, None, "192.0.9.9")
        assert_broken(
            broken, "parent", "an answer from 192.0.9.9, by way of up0", "mv0 is a macvlan in mode bridge on up0"
        )
