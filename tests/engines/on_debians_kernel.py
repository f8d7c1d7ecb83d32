"""A real Docker Engine on Debian's own kernel: networks of type ipvlan, VLANs, dummies.

Run in the virtual machine, by tests/vm. A container takes some seconds there, so each test does much with few.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.agreement import disagreements
from tests.support.engine import Engine
from tests.support.neighbour import ENGINE4, ENGINE6, NEIGHBOUR4, NEIGHBOUR6, Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import inside, until
from tests.support.world import SLEEP, World

WIRE, VLAN = "wire0", "wire0.10"


def at(subnet: str, last: int) -> str:
    """An address of a subnet, by its last part."""
    return subnet.removesuffix("0/24") + str(last) if "." in subnet else subnet.removesuffix("/64") + format(last, "x")


@contextlib.contextmanager
def router_on_vlan(world: World, neighbour: Neighbour) -> Iterator[str]:
    """Let the neighbour be the router of the network that was made last, on VLAN 10."""
    inside(neighbour.namespace, "ip", "link", "add", "link", WIRE, "name", VLAN, "type", "vlan", "id", "10")
    for address in (f"{at(world.subnet, 1)}/24", f"{at(world.subnet6, 1)}/64"):
        inside(neighbour.namespace, "ip", "addr", "add", address, "dev", VLAN, *(("nodad",) if ":" in address else ()))
    inside(neighbour.namespace, "ip", "link", "set", VLAN, "up")
    try:
        yield at(world.subnet, 1)
    finally:
        inside(neighbour.namespace, "ip", "link", "del", VLAN)


def links(engine: Engine) -> str:
    return engine.exec("ip", "-o", "link").stdout


@pytest.mark.tries(
    "ipvlan",
    "create",
    "run",
    "ping",
    "static IP and MAC",
    "IPv6",
    "MTU",
    "restart of the plugin",
    "restart of dockerd",
    "removal",
)
def test_l2_on_a_vlan_and_what_stays_when_plugin_and_engine_are_restarted(
    world: World, engine: Engine, plugin: Plugin, neighbour: Neighbour
):
    name = world.network(
        "-o", "type=ipvlan", "-o", f"parent={VLAN}", "-o", "com.docker.network.driver.mtu=1400", ipv6=True
    )
    assert f"{VLAN}@{WIRE}" in links(engine)
    one = world.container(name, "--ip", at(world.subnet, 77), "--restart", "always")
    two = world.container(name, "--restart", "always")
    assert two.pings(at(world.subnet, 77))
    assert two.pings(one.address(name, 6))
    with router_on_vlan(world, neighbour) as router:
        assert one.pings(router)
        assert two.pings(at(world.subnet6, 1))
        seen = inside(neighbour.namespace, "ip", "neigh", "show", at(world.subnet, 77)).stdout
    shown = one.sh("ip link show eth0; ip route; ip -6 route").stdout
    mac = engine.exec("ip", "-o", "link", "show", WIRE).stdout.split("link/ether ")[1].split()[0]
    assert f"link/ether {mac}" in shown and f"lladdr {mac}" in seen
    assert "mtu 1400" in shown
    assert f"default via {at(world.subnet, 1)} dev eth0" in shown
    assert f"default via {at(world.subnet6, 1)} dev eth0" in shown
    refused = engine.docker(
        "run", "--rm", "--net", name, "--mac-address", "02:42:0a:09:00:4d", *SLEEP, check=False
    ).stderr
    assert "02:42:0a:09:00:4d cannot be had: all on an ipvlan network have their parent's" in refused
    plugin.kill()
    plugin.start()
    engine.restart()
    assert until(lambda: one.pings(two.name, tries=1), 120)
    assert disagreements(engine, plugin) == []
    engine.docker("rm", "-f", one.name, two.name)
    engine.docker("network", "rm", name)
    assert VLAN not in links(engine)


@pytest.mark.tries("ipvlan", "ping", "IPv6")
@pytest.mark.parametrize("mode", ["l3", "l3s"])
def test_in_l3_the_host_routes_and_subnets_of_one_network_reach_each_other(
    world: World, engine: Engine, neighbour: Neighbour, mode: str
):
    ranges = [f"10.98.{number}.0/24" for number in (1, 2)]
    six = "fd00:98::/64"
    options = ["-o", "type=ipvlan", "-o", f"parent={WIRE}", "-o", f"ipvlan_mode={mode}"]
    subnets = [word for each in (*ranges, six) for word in ("--subnet", each)]
    name = world.network(*options, "--ipv6", *subnets, subnet=False)
    one, two = (world.container(name, "--ip", at(each, 20)) for each in ranges)
    shown = one.sh("ip route; ip -6 route").stdout
    assert "default dev eth0" in shown.splitlines()[0]
    assert any(line.startswith("default dev eth0") for line in shown.splitlines()[1:]), shown
    assert "default via" not in shown
    assert one.pings(at(ranges[1], 20))
    assert one.pings(two.address(name, 6))
    ways = [(each, ENGINE4) for each in ranges] + [(six, ENGINE6)]
    for destination, via in ways:
        inside(neighbour.namespace, "ip", "route", "add", destination, "via", via)
    try:
        assert one.pings(NEIGHBOUR4)
        assert two.pings(NEIGHBOUR6)
    finally:
        for destination, _ in ways:
            inside(neighbour.namespace, "ip", "route", "del", destination)


def test_without_a_parent_containers_reach_each_other_and_nothing_else(world: World, engine: Engine):
    name = world.network("-o", "type=ipvlan", ipv6=True)
    dummy = f"wsd{engine.inspect(name)['Id'][:10]}"
    assert dummy in links(engine)
    one, two = world.container(name), world.container(name)
    assert one.pings(two.name)
    assert one.pings(two.address(name, 6))
    assert "default" not in one.sh("ip route").stdout
    assert "eth1" not in one.sh("ip -o link").stdout
    assert "Network is unreachable" in one.sh(f"ping -c 1 {NEIGHBOUR4}", check=False).stderr
    engine.docker("rm", "-f", one.name, two.name)
    engine.docker("network", "rm", name)
    assert dummy not in links(engine)


@pytest.mark.tries("ipvlan", "disconnect", "parallel starts", "removal")
def test_containers_start_at_once_and_one_is_disconnected_and_connected_again(
    world: World, engine: Engine, plugin: Plugin
):
    name = world.network("-o", "type=ipvlan", "-o", f"parent={WIRE}")
    containers = [world.expect(world.new_name("many")) for _ in range(4)]

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, containers))
    addresses = [container.address(name) for container in containers]
    assert len(set(addresses)) == 4
    one, two = containers[:2]
    assert all(one.pings(address) for address in addresses[1:])
    engine.docker("network", "disconnect", name, two.name)
    assert "eth0" not in two.sh("ip -o link").stdout
    assert not one.pings(addresses[1], tries=1)
    engine.docker("network", "connect", name, two.name)
    assert one.pings(two.address(name))
    engine.docker("rm", "-f", *(container.name for container in containers))
    engine.docker("network", "rm", name)
    assert disagreements(engine, plugin) == []


def test_subnets_of_an_internal_network_in_l3_reach_each_other_and_nothing_else(world: World, engine: Engine):
    ranges = [f"10.98.{number}.0/24" for number in (3, 4)]
    subnets = [word for each in ranges for word in ("--subnet", each)]
    options = ["--internal", "-o", "type=ipvlan", "-o", "ipvlan_mode=l3"]
    name = world.network(*options, *subnets, subnet=False)
    one, two = (world.container(name, "--ip", at(each, 20)) for each in ranges)
    assert one.pings(two.name)
    assert "Network is unreachable" in one.sh(f"ping -c 1 {NEIGHBOUR4}", check=False).stderr


def test_docker_s_own_drivers_and_ours_keep_off_each_other_s_parents(world: World, engine: Engine):
    theirs = world.network("-o", f"parent={VLAN}", driver="ipvlan")
    create = ("network", "create", "-d", "workshop", "-o", "type=macvlan", "-o", f"parent={VLAN}", "wrong")
    said = engine.docker(*create, check=False).stderr
    assert f"remote: {VLAN} cannot be the parent: Docker's own ipvlan network '{theirs}' is on it" in said
    engine.docker("network", "rm", theirs)
    assert VLAN not in links(engine)
    ours = world.network("-o", "type=macvlan", "-o", f"parent={VLAN}")
    theirs = world.network("-o", f"parent={VLAN}", driver="macvlan")
    engine.docker("network", "rm", ours)
    assert VLAN in links(engine), "Docker's own network has lost its parent"
    engine.docker("network", "rm", theirs)
    engine.exec("ip", "link", "del", VLAN, check=False)
