"""Networks of type macvlan on real Docker Engines, on the cable that joins the engine with its neighbour."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.agreement import disagreements
from tests.support.engine import IMAGE, Engine
from tests.support.killing import kill_in, tells_of_death
from tests.support.neighbour import NEIGHBOUR4, Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import inside, until
from tests.support.traffic import ask, server
from tests.support.world import SLEEP, World

WIRE = "wire0"
ON_WIRE = ("-o", "type=macvlan", "-o", f"parent={WIRE}")


def at(subnet: str, last: int) -> str:
    """An address of a subnet, by its last part."""
    return subnet.removesuffix("0/24") + str(last) if "." in subnet else subnet.removesuffix("/64") + format(last, "x")


@contextlib.contextmanager
def gateway(world: World, neighbour: Neighbour) -> Iterator[str]:
    """Let the neighbour be the router of the network that was made last, under the address that Docker has given it."""
    addresses = [f"{at(world.subnet, 1)}/24", f"{at(world.subnet6, 1)}/64"]
    for address in addresses:
        inside(neighbour.namespace, "ip", "addr", "add", address, "dev", WIRE, *(("nodad",) if ":" in address else ()))
    try:
        yield at(world.subnet, 1)
    finally:
        for address in addresses:
            inside(neighbour.namespace, "ip", "addr", "del", address, "dev", WIRE)


def seen_by(neighbour: Neighbour, address: str) -> str:
    """The MAC address that the neighbour has learned for an address."""
    return inside(neighbour.namespace, "ip", "neigh", "show", address).stdout.split("lladdr ")[-1].split(" ")[0]


def mac_of_wire(engine: Engine) -> str:
    return engine.exec("ip", "-o", "link", "show", WIRE).stdout.split("link/ether ")[1].split()[0]


@pytest.mark.tries("macvlan", "create", "run", "ping", "static IP and MAC")
def test_containers_are_machines_of_their_own_on_the_parent_s_network(
    world: World, engine: Engine, neighbour: Neighbour
):
    name = world.network(*ON_WIRE)
    subnet = world.subnet
    one = world.container(name, "--ip", at(subnet, 77), "--mac-address", "02:42:0a:09:00:4d")
    two = world.container(name)
    assert one.pings(two.name)
    assert two.pings(at(subnet, 77))
    with gateway(world, neighbour) as router:
        assert two.pings(router)
        with server(neighbour.namespace, "tcp", 8090), server(one.sandbox, "tcp", 80):
            assert ask(two.sandbox, "tcp", router, 8090) == two.address(name)
            assert ask(neighbour.namespace, "tcp", at(subnet, 77), 80) == router
        assert seen_by(neighbour, at(subnet, 77)) == "02:42:0a:09:00:4d"
        assert seen_by(neighbour, two.address(name)) == two.attachment(name)["MacAddress"]
    shown = one.sh("ip addr show eth0; ip route").stdout
    assert f"inet {at(subnet, 77)}/24" in shown and "link/ether 02:42:0a:09:00:4d" in shown
    assert f"default via {at(subnet, 1)} dev eth0" in shown
    assert "wsc" not in engine.exec("ip", "-o", "link").stdout
    said = engine.docker("run", "--rm", "--net", name, IMAGE, "ip", "-o", "addr").stdout
    assert "eth0    inet 10." in said


@pytest.mark.tries("macvlan", "ping", "IPv6", "MTU")
def test_a_dual_stack_network_carries_both_with_the_mtu_that_was_asked_for(world: World, neighbour: Neighbour):
    name = world.network(*ON_WIRE, "-o", "com.docker.network.driver.mtu=1400", ipv6=True)
    one, two = world.container(name), world.container(name)
    with gateway(world, neighbour):
        assert one.pings(two.address(name, 6))
        assert one.pings(at(world.subnet6, 1))
        assert one.pings(at(world.subnet, 1))
    shown = one.sh("ip link show eth0; ip -6 route").stdout
    assert "mtu 1400" in shown
    assert f"default via {at(world.subnet6, 1)} dev eth0" in shown


@pytest.mark.parametrize("mode", ["private", "vepa"])
def test_where_containers_may_not_reach_each_other_at_once_they_reach_the_neighbour(
    world: World, neighbour: Neighbour, mode: str
):
    name = world.network(*ON_WIRE, "-o", f"macvlan_mode={mode}")
    one, two = world.container(name), world.container(name)
    assert not one.pings(two.address(name), tries=1)
    with gateway(world, neighbour) as router:
        assert one.pings(router)


def test_passthru_gives_the_parent_to_one_container_and_to_no_other_network(
    world: World, engine: Engine, neighbour: Neighbour
):
    own = mac_of_wire(engine)
    name = world.network(*ON_WIRE, "-o", "macvlan_mode=passthru")
    one = world.container(name)
    with gateway(world, neighbour) as router:
        assert one.pings(router)
        assert seen_by(neighbour, one.address(name)) == own
    second = world.expect(world.new_name("c"))
    said = engine.docker("run", "-d", "--name", second.name, "--net", name, *SLEEP, check=False).stderr
    assert "wire0 cannot be the parent: in mode passthru a parent carries one container and nothing else" in said
    said = engine.docker("network", "create", "-d", "workshop", *ON_WIRE, "no", check=False).stderr
    assert "has it for itself (mode passthru)" in said
    engine.docker("rm", "-f", one.name, second.name)
    changed = world.container(name, "--mac-address", "02:42:0a:09:00:4e")
    with gateway(world, neighbour) as router:
        assert changed.pings(router)
    engine.docker("rm", "-f", changed.name)
    assert mac_of_wire(engine) == own


def test_two_networks_share_the_parent_and_the_second_outlives_the_first(
    world: World, engine: Engine, neighbour: Neighbour
):
    first = world.network(*ON_WIRE)
    second = world.network(*ON_WIRE)
    one, two = world.container(second), world.container(second)
    engine.docker("network", "rm", first)
    assert one.pings(two.name)
    with gateway(world, neighbour) as router:
        assert one.pings(router)


def test_of_several_subnets_each_container_gets_its_own_gateway(world: World, engine: Engine):
    ranges = [f"10.98.{number}.0/24" for number in (1, 2)]
    options = [*ON_WIRE, *(word for each in ranges for word in ("--subnet", each)), "--gateway", at(ranges[1], 254)]
    name = world.network(*options, subnet=False)
    containers = [world.container(name, "--ip", at(each, 20)) for each in ranges]
    assert f"default via {at(ranges[1], 254)}" in containers[1].sh("ip route").stdout
    assert at(ranges[1], 254) not in containers[0].sh("ip route").stdout
    same = world.container(name, "--ip", at(ranges[1], 21))
    assert same.pings(at(ranges[1], 20))


def test_an_internal_network_has_no_default_route(world: World, neighbour: Neighbour):
    name = world.network(*ON_WIRE, "--internal")
    one, two = world.container(name), world.container(name)
    assert one.pings(two.name)
    assert "default" not in one.sh("ip route").stdout
    assert "eth1" not in one.sh("ip -o link").stdout
    assert "Network is unreachable" in one.sh(f"ping -c 1 {NEIGHBOUR4}", check=False).stderr


@pytest.mark.tries("macvlan", "disconnect")
def test_a_running_container_is_connected_disconnected_and_started_again(world: World, engine: Engine):
    other, name = world.network(), world.network(*ON_WIRE)
    one, two = world.container(other), world.container(name)
    for _ in range(2):
        engine.docker("network", "connect", name, one.name)
        assert two.pings(one.address(name))
        engine.docker("network", "disconnect", name, one.name)
        assert one.sh("ip -o link").stdout.count("eth") <= 2  # "link/ether" is one
    for steps in (("stop", "-t", "0"), ("start",)), (("restart", "-t", "0"),):
        for step in steps:
            engine.docker(*step, two.name)
        assert two.sh("ip -o addr show eth0").stdout.count(" inet ") == 1
    three = world.container(name)
    assert three.pings(two.name, tries=3)


@pytest.mark.tries("macvlan", "restart of the plugin", "restart of dockerd")
def test_containers_go_on_while_the_plugin_ends_or_dies_and_come_back_with_the_engine(
    world: World, engine: Engine, plugin: Plugin, neighbour: Neighbour
):
    name = world.network(*ON_WIRE)
    one, two = (world.container(name, "--restart", "always") for _ in range(2))
    plugin.terminate()
    assert one.pings(two.address(name))
    plugin.start()
    plugin.kill()
    plugin.start()
    engine.restart()
    assert until(lambda: one.pings(two.name, tries=1), 60)
    assert disagreements(engine, plugin) == []
    engine.kill()
    engine.start()
    assert until(lambda: one.pings(two.name, tries=1), 60)
    with gateway(world, neighbour) as router:
        assert one.pings(router)


@pytest.mark.tries("macvlan", "parallel starts", "removal")
def test_six_containers_start_and_end_at_once(world: World, engine: Engine, plugin: Plugin):
    name = world.network(*ON_WIRE)
    containers = [world.expect(world.new_name("many")) for _ in range(6)]

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, containers))
    addresses = [container.address(name) for container in containers]
    assert len(set(addresses)) == 6
    script = " && ".join(f"ping -c 1 -W 10 {address} >/dev/null" for address in addresses[1:])
    assert containers[0].sh(script, check=False).returncode == 0
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda container: engine.docker("rm", "-f", container.name), containers))
    engine.docker("network", "rm", name)
    assert disagreements(engine, plugin) == []


def test_nothing_is_left_when_the_plugin_is_killed_while_it_makes_a_container_s_link(
    world: World, engine: Engine, plugin: Plugin
):
    network = world.network(*ON_WIRE)

    def prepare():
        name = world.expect(world.new_name("made")).name
        return lambda: engine.docker("run", "-d", "--name", name, "--net", network, *SLEEP, check=False)

    result = kill_in(plugin, "CreateEndpoint", prepare, late=True)
    assert result.returncode and tells_of_death(result.stderr), result.stderr
    assert until(lambda: not disagreements(engine, plugin), 30), disagreements(engine, plugin)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "parent=eth7"), "remote: option parent: there is no link eth7; there are"),
        (("-o", "parent=eth7.10"), "remote: option parent: there is no link eth7.10, nor eth7,"),
        (("-o", "parent=lo"), "remote: lo cannot be the parent: it is the loopback link"),
        (("-o", f"parent={WIRE}", "-o", "macvlan_mode=trunk"), "remote: option macvlan_mode: 'trunk' is not valid;"),
    ],
)
def test_what_cannot_be_is_told_to_the_user_and_makes_nothing(
    world: World, engine: Engine, options: tuple[str, ...], said: str
):
    create = ("network", "create", "-d", "workshop", "-o", "type=macvlan", *options, "wrong")
    result = engine.docker(*create, check=False)
    assert result.returncode == 1
    assert said in result.stderr
    assert "wrong" not in engine.docker("network", "ls").stdout


def test_a_parent_that_is_down_is_named_and_a_container_that_runs_goes_on_when_it_is_up_again(
    world: World, engine: Engine, neighbour: Neighbour
):
    engine.exec("ip", "link", "add", "side0", "type", "veth", "peer", "name", "side1")
    try:
        engine.exec("ip", "link", "set", "side1", "up")
        on_side = ("-o", "type=macvlan", "-o", "parent=side0")
        refused = engine.docker("network", "create", "-d", "workshop", *on_side, "wrong", check=False)
        assert "remote: the parent side0 is down: `ip link set side0 up` brings it up" in refused.stderr
        engine.exec("ip", "link", "set", "side0", "up")
        name = world.network(*on_side)
        one, two = world.container(name), world.container(name)
        engine.exec("ip", "link", "set", "side0", "down")
        third = world.expect(world.new_name("c"))
        refused = engine.docker("run", "-d", "--name", third.name, "--net", name, *SLEEP, check=False)
        assert "the parent side0 is down" in refused.stderr
        engine.exec("ip", "link", "set", "side0", "up")
        assert one.pings(two.name)
        engine.docker("start", third.name)
        assert third.pings(one.name)
        engine.docker("rm", "-f", *(each.name for each in (one, two, third)))
        engine.docker("network", "rm", name)
    finally:
        engine.exec("ip", "link", "del", "side0", check=False)


def test_a_parent_of_docker_s_own_driver_is_refused_by_its_network_s_name(world: World, engine: Engine):
    theirs = world.network("-o", f"parent={WIRE}", driver="macvlan")
    said = engine.docker("network", "create", "-d", "workshop", *ON_WIRE, "wrong", check=False).stderr
    assert f"remote: wire0 cannot be the parent: Docker's own macvlan network '{theirs}' is on it" in said
    engine.docker("network", "rm", theirs)
    ours = world.network(*ON_WIRE)
    one, two = world.container(ours), world.container(ours)
    assert one.pings(two.name)


def test_a_network_without_docker_s_ipam_leaves_addresses_to_others(world: World, neighbour: Neighbour):
    one = world.container(world.network(*ON_WIRE, "--ipam-driver", "null", subnet=False))
    assert " inet " not in one.sh("ip -o addr show eth0").stdout
    inside(one.sandbox, "ip", "addr", "add", "10.77.0.88/24", "dev", "eth0")  # as a DHCP client does
    assert one.pings(NEIGHBOUR4)


def asks_about_gateways(engine: Engine) -> bool:
    """Whether Docker asks a driver if it wants gateways, and makes networks without IPv4: from 28.0 on."""
    return int(engine.version.partition(".")[0]) >= 28


def test_a_network_has_addresses_of_ipv6_alone_or_none_at_all(world: World, engine: Engine):
    create = ("network", "create", "-d", "workshop", *ON_WIRE, "--ipv4=false")
    if not asks_about_gateways(engine):
        assert "unknown flag" in engine.docker(*create, "wrong", check=False).stderr
        return
    name = world.network(*ON_WIRE, "--ipv4=false", subnet=False, ipv6=True)
    one, two = world.container(name), world.container(name)
    assert one.pings(two.address(name, 6))
    assert " inet " not in one.sh("ip -o addr show eth0").stdout
    bare = world.container(world.network(*ON_WIRE, "--ipv4=false", subnet=False))
    assert "macvlan" in inside(bare.sandbox, "ip", "-d", "link", "show", "eth0").stdout
    assert " inet" not in bare.sh("ip -o addr show eth0").stdout


def test_two_containers_have_a_subnet_of_two_addresses_where_no_gateway_is_needed(world: World, engine: Engine):
    name = world.new_name("n")
    world.networks.append(name)
    options = (*ON_WIRE, "--internal", "--subnet", "10.98.9.0/31")
    engine.docker("network", "create", "-d", "workshop", *options, name, check=False)
    one, two = (world.expect(world.new_name("c")) for _ in range(2))
    starts = [
        engine.docker("run", "-d", "--name", each.name, "--net", name, *SLEEP, check=False) for each in (one, two)
    ]
    if asks_about_gateways(engine):
        assert one.pings(two.name)
    else:
        assert any(each.returncode for each in starts), "Docker keeps an address for a gateway that nobody wants"


def test_what_docker_and_the_plugin_tell_of_an_endpoint(world: World, engine: Engine, plugin: Plugin):
    name = world.network(*ON_WIRE, "-o", "macvlan_mode=private")
    one = world.container(name)
    told = json.loads(plugin.run("topology", "--format", "json").stdout)
    links = [link for host in told["hosts"] for space in host["namespaces"] for link in space["links"]]
    (mine,) = [link for link in links if link["endpoint"] == one.attachment(name)["EndpointID"]]
    assert (mine["kind"], mine["info"]["mode"], mine["network_name"]) == ("macvlan", "private", name)
    (wire,) = [link for link in links if link["id"] == mine["parent"]]
    assert wire["name"] == WIRE and wire["peer"] != mine["id"]
