"""Routed networks on real Docker Engines: a link for each container, and the host routes."""

from __future__ import annotations

import errno
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.agreement import disagreements
from tests.support.engine import Engine
from tests.support.neighbour import ENGINE4, ENGINE6, NEIGHBOUR4, NEIGHBOUR6, Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import inside, until
from tests.support.traffic import ask, refuses, server
from tests.support.world import SLEEP, World
from workshop.kernel.namespaces import Namespace

ROUTED = ("-o", "type=routed")


@pytest.mark.tries("routed", "create", "run", "ping", "static IP and MAC", "IPv6", "MTU")
def test_containers_reach_each_other_the_host_and_what_is_outside(world: World, engine: Engine):
    name = world.network(*ROUTED, "-o", "mtu=1400", ipv6=True)
    address, address6 = world.subnet.replace("0/24", "77"), world.subnet6.replace("/64", "77")
    asked = ("--ip", address, "--ip6", address6, "--mac-address", "02:42:0a:09:00:4d", "--network-alias", "web")
    one, two = world.container(name), world.container(name, *asked)
    shown = two.sh("ip addr show eth0").stdout
    for words in (f"inet {address}/24", f"inet6 {address6}/64", "link/ether 02:42:0a:09:00:4d", "mtu 1400"):
        assert words in shown
    gateways = world.subnet.replace("0/24", "1"), world.subnet6.replace("/64", "1")
    for target in (address, address6, *gateways, "web", NEIGHBOUR4, NEIGHBOUR6):
        assert one.pings(target), target
    end = f"wsh{one.attachment(name)['EndpointID'][:10]}"
    for version in (4, 6):
        assert two.pings(one.address(name, version))
        assert f"dev {end}" in engine.exec("ip", f"-{version}", "route", "get", one.address(name, version)).stdout
        assert engine.exec("ping", "-c", "1", "-W", "5", one.address(name, version)).returncode == 0
    learned = set(re.findall(r"lladdr (\S+)", one.sh("ip neigh").stdout))
    link = engine.exec("ip", "link", "show", end).stdout
    assert learned == set(re.findall(r"link/ether (\S+)", link)), "the host's end answers for all"
    assert "mtu 1400" in link
    bridges = engine.exec("ip", "-o", "link", "show", "type", "bridge").stdout
    assert engine.inspect(name)["Id"][:10] not in bridges


def test_a_neighbour_that_is_not_there_is_not_looked_for_outside(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network(*ROUTED, ipv6=True)
    one = world.container(name)
    for absent, version in ((world.subnet.replace("0/24", "99"), 4), (world.subnet6.replace("/64", "99"), 6)):
        with server(neighbour.namespace, "tcp", 8090, lent(neighbour, absent)):
            assert f"via {(NEIGHBOUR4, NEIGHBOUR6)[version == 6]}" in engine.exec("ip", "route", "get", absent).stdout
            with pytest.raises(OSError) as caught:
                ask(one.sandbox, "tcp", absent, 8090, seconds=3)
            assert caught.value.errno == errno.EHOSTUNREACH, "the host says so, and nobody has to wait"
        inside(neighbour.namespace, "ip", "addr", "del", absent, "dev", "lo")


def lent(neighbour: Neighbour, address: str) -> str:
    """An address that the neighbour has as well, where the host's default route leads."""
    inside(neighbour.namespace, "ip", "addr", "add", address, "dev", "lo")
    return address


def test_published_ports_answer_to_everyone(world: World, engine: Engine, neighbour: Neighbour):
    name, bridge = world.network(*ROUTED, ipv6=True), world.network()
    one, two, other = world.container(name, "-p", "18300:80"), world.container(name), world.container(bridge)
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18300) == NEIGHBOUR4, "another host"
        assert ask(neighbour.namespace, "tcp", ENGINE6, 18300) == NEIGHBOUR6, "another host, by IPv6"
        assert ask(engine.namespace, "tcp", ENGINE4, 18300), "the host itself, by its own address"
        assert ask(engine.namespace, "tcp", "127.0.0.1", 18300), "the host itself, by localhost"
        assert ask(two.sandbox, "tcp", ENGINE4, 18300), "a container of the same network"
        assert ask(one.sandbox, "tcp", ENGINE4, 18300), "the container itself"
        assert ask(other.sandbox, "tcp", ENGINE4, 18300), "a container of another network"
    engine.docker("rm", "-f", one.name)
    assert refuses(neighbour.namespace, "tcp", ENGINE4, 18300)


def test_what_leaves_carries_the_hosts_address_unless_that_is_not_wanted(world: World, neighbour: Neighbour):
    one = world.container(world.network(*ROUTED))
    name = world.network(*ROUTED, "-o", "masquerade=false")
    two = world.container(name)
    neighbour.route(world.subnet)
    with server(neighbour.namespace, "tcp", 8091):
        assert ask(one.sandbox, "tcp", NEIGHBOUR4, 8091) == ENGINE4
        assert ask(two.sandbox, "tcp", NEIGHBOUR4, 8091) == two.address(name)
    neighbour.route(world.subnet, remove=True)


def test_an_internal_network_has_no_way_out_nor_in(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network(*ROUTED, "--internal", ipv6=True)
    one, two = world.container(name), world.container(name)
    assert one.pings(two.address(name))
    assert one.pings(two.address(name, 6))
    assert not one.pings(NEIGHBOUR4, tries=1)
    one.sh(f"ip route add default via {world.subnet.replace('0/24', '1')}", check=False)
    neighbour.route(world.subnet)
    with server(neighbour.namespace, "tcp", 8093):
        assert refuses(one.sandbox, "tcp", NEIGHBOUR4, 8093)
    with server(one.sandbox, "tcp", 80):
        assert refuses(neighbour.namespace, "tcp", one.address(name), 80)
        assert ask(two.sandbox, "tcp", one.address(name), 80) == two.address(name)
    neighbour.route(world.subnet, remove=True)


def hears(listener: Namespace, speaker: Namespace, address: str, as_if: str) -> bool:
    """Whether a datagram arrives that one container sends to another's address under a given source address."""
    receiving = listener.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sending = speaker.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with receiving, sending:
        receiving.bind((address, 90))
        receiving.settimeout(1)
        sending.setsockopt(socket.SOL_IP, 19, 1)  # IP_TRANSPARENT: from an address that it does not have
        sending.bind((as_if, 0))
        sending.sendto(b"hello", (address, 90))
        try:
            return receiving.recvfrom(100)[1][0] == as_if
        except TimeoutError:
            return False


def test_networks_are_apart_and_containers_where_that_was_asked_for(world: World):
    first, second, bridge = world.network(*ROUTED), world.network(*ROUTED), world.network()
    docker, apart = world.network(driver="bridge"), world.network(*ROUTED, "-o", "icc=false")
    one, two, three = world.container(first), world.container(second), world.container(bridge)
    four, five, six = world.container(docker), world.container(apart), world.container(apart)
    pairs = (
        (one, two.address(second)),
        (one, three.address(bridge)),
        (three, one.address(first)),
        (one, four.address(docker)),
        (four, one.address(first)),
        (five, six.address(apart)),
    )
    with ThreadPoolExecutor(len(pairs)) as pool:
        answers = list(pool.map(lambda pair: pair[0].pings(pair[1], tries=1), pairs))
    assert answers == [False] * len(pairs)
    assert five.pings(NEIGHBOUR4)
    seven = world.container(second)
    address = two.address(second)
    assert hears(two.sandbox, seven.sandbox, address, seven.address(second))
    assert not hears(two.sandbox, one.sandbox, address, seven.address(second)), "it speaks for another network's"


@pytest.mark.tries("routed", "disconnect")
def test_a_running_container_is_connected_and_disconnected(world: World, engine: Engine):
    first, second = world.network(*ROUTED, ipv6=True), world.network(*ROUTED, ipv6=True)
    one, two, three = world.container(first), world.container(second), world.container(first)
    engine.docker("network", "connect", "--alias", "both", second, one.name)
    assert one.pings(two.address(second))
    assert one.pings(two.address(second, 6))
    assert two.pings("both")
    engine.docker("network", "disconnect", second, one.name)
    assert not one.pings(two.address(second), tries=1)
    assert one.pings(three.address(first, 6))
    engine.docker("network", "connect", second, one.name)
    assert one.pings(two.name)


@pytest.mark.tries("routed", "parallel starts", "removal")
def test_ten_containers_start_and_end_at_once_and_nothing_is_left(world: World, engine: Engine, plugin: Plugin):
    name = world.network(*ROUTED, "--ipam-driver", plugin.name, ipv6=True)
    containers = [world.expect(world.new_name("many")) for _ in range(10)]

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(start, containers))
    addresses = [container.address(name, version) for container in containers for version in (4, 6)]
    assert len(set(addresses)) == 20
    script = " && ".join(f"ping -c 1 -W 10 {address} >/dev/null" for address in addresses[2:])
    assert containers[0].sh(script, check=False).returncode == 0
    assert disagreements(engine, plugin) == []
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda container: engine.docker("rm", "-f", container.name), containers))
    engine.docker("network", "rm", name)
    assert disagreements(engine, plugin) == []
    assert world.subnet.removesuffix("0/24") not in engine.exec("ip", "route").stdout


@pytest.mark.tries("routed", "restart of the plugin", "restart of dockerd")
def test_containers_outlive_the_plugin_and_docker_finds_its_networks_again(
    world: World, engine: Engine, plugin: Plugin, neighbour: Neighbour
):
    name = world.network(*ROUTED, ipv6=True)
    one = world.container(name, "--restart", "always", "-p", "18310:80")
    two = world.container(name)
    plugin.terminate()
    assert one.pings(two.address(name))
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18310)
        plugin.start()
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18310)
    plugin.kill()
    assert one.pings(two.address(name, 6))
    plugin.start()
    engine.docker("restart", "-t", "0", two.name)
    assert one.pings(two.name)
    assert disagreements(engine, plugin) == []
    engine.restart()
    assert until(lambda: one.attachment(name)["IPAddress"], 60)
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18310)
    engine.docker("start", two.name)
    assert two.pings(one.address(name))
    assert two.pings(one.address(name, 6))
    assert disagreements(engine, plugin) == []
