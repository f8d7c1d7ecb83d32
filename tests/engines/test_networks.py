"""Networks and containers on real Docker Engines: made, joined, left and removed."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.engine import IMAGE, Engine
from tests.support.neighbour import ENGINE4, NEIGHBOUR4, NEIGHBOUR6, Neighbour
from tests.support.shell import until
from tests.support.traffic import ask, refuses, server
from tests.support.world import SLEEP, World


@pytest.mark.tries("bridge", "create", "removal")
def test_a_network_is_created_inspected_and_removed(world: World, engine: Engine):
    name = world.network("--label", "a=b")
    shown = engine.inspect(name)
    assert (shown["Driver"], shown["Scope"]) == ("workshop", "local")
    assert shown["IPAM"]["Config"][0]["Subnet"] == world.subnet
    bridge = engine.exec("ip", "-o", "link", "show", f"wsb{shown['Id'][:10]}").stdout
    assert f"workshop network {shown['Id']}" in bridge
    engine.docker("network", "rm", name)
    assert engine.exec("ip", "link", "show", f"wsb{shown['Id'][:10]}", check=False).returncode != 0


def test_a_network_gets_a_subnet_from_docker_where_none_is_named(world: World):
    name = world.network(subnet=False)
    one, two = world.container(name), world.container(name)
    assert one.pings(two.address(name))


@pytest.mark.tries("bridge", "run", "ping")
def test_containers_ping_each_other_by_name_and_address(world: World):
    name = world.network()
    one, two = world.container(name), world.container(name, "--network-alias", "web")
    assert one.pings(two.address(name))
    assert two.pings(one.address(name))
    assert one.pings(two.name)
    assert one.pings("web")


@pytest.mark.tries("bridge", "run", "removal")
def test_a_container_that_ran_once_leaves_nothing(world: World, engine: Engine):
    name = world.network()
    said = engine.docker("run", "--rm", "--net", name, IMAGE, "ip", "-o", "addr").stdout
    assert re.search(r"eth0\s+inet 10\.", said)


def test_traffic_passes_beside_dockers_own_forward_drop(world: World, engine: Engine):
    iptables = "iptables-legacy" if engine.iptables == "legacy" else "iptables"
    assert "-P FORWARD DROP" in engine.exec(iptables, "-S", "FORWARD").stdout
    assert engine.exec("cat", "/proc/sys/net/bridge/bridge-nf-call-iptables").stdout.strip() == "1"
    name = world.network()
    one, two = world.container(name), world.container(name)
    assert one.pings(two.address(name))
    assert one.pings(NEIGHBOUR4)


@pytest.mark.tries("bridge", "static IP and MAC")
def test_a_container_gets_the_address_and_mac_that_were_asked_for(world: World):
    name = world.network()
    address = world.subnet.replace("0/24", "77")
    one = world.container(name, "--ip", address, "--mac-address", "02:42:0a:09:00:4d")
    two = world.container(name)
    shown = one.sh("ip addr show eth0").stdout
    assert f"inet {address}/24" in shown
    assert "link/ether 02:42:0a:09:00:4d" in shown
    assert two.pings(address)


@pytest.mark.tries("bridge", "ping", "IPv6")
def test_a_dual_stack_network_carries_both(world: World):
    name = world.network(ipv6=True)
    one, two = world.container(name), world.container(name)
    assert one.pings(two.address(name))
    assert one.pings(two.address(name, 6))
    assert one.pings(NEIGHBOUR4)
    assert one.pings(NEIGHBOUR6)


def test_an_internal_network_has_no_way_out(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network("--internal")
    one, two = world.container(name), world.container(name)
    assert one.pings(two.address(name))
    assert not one.pings(NEIGHBOUR4, tries=1)
    one.sh(f"ip route add default via {world.subnet.replace('0/24', '1')}", check=False)
    neighbour.route(world.subnet)
    with server(neighbour.namespace, "tcp", 8081):
        assert refuses(one.sandbox, "tcp", NEIGHBOUR4, 8081)
    with server(one.sandbox, "tcp", 80):
        assert refuses(neighbour.namespace, "tcp", one.address(name), 80)
        assert ask(two.sandbox, "tcp", one.address(name), 80) == two.address(name)
    neighbour.route(world.subnet, remove=True)


@pytest.mark.tries("bridge", "disconnect")
def test_a_running_container_is_connected_and_disconnected(world: World, engine: Engine):
    first, second = world.network(), world.network()
    one, two, three = world.container(first), world.container(second), world.container(first)
    engine.docker("network", "connect", "--alias", "both", second, one.name)
    assert one.pings(two.name)
    assert two.pings("both")
    engine.docker("network", "disconnect", second, one.name)
    assert "eth1" not in one.sh("ip link").stdout
    assert not one.pings(two.address(second), tries=1)
    assert one.pings(three.name)
    engine.docker("network", "connect", second, one.name)
    assert one.pings(two.name)


def test_stop_start_and_restart_keep_a_container_reachable(world: World, engine: Engine):
    name = world.network()
    one, two = world.container(name), world.container(name)
    for steps in (("stop", "-t", "0"), ("start",)), (("restart", "-t", "0"),):
        assert one.pings(two.address(name))
        for step in steps:
            engine.docker(*step, two.name)
        # soon: what others learned of it, such as its MAC address, has to be true still; it is believed for longer
        assert one.pings(two.name, tries=3), steps


@pytest.mark.tries("bridge", "parallel starts", "removal")
def test_twenty_containers_start_and_end_at_once(world: World, engine: Engine):
    name = world.network()
    containers = [world.expect(world.new_name("many")) for _ in range(20)]

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(start, containers))
    addresses = [container.address(name) for container in containers]
    assert len(set(addresses)) == 20
    first = containers[0]
    script = " && ".join(f"ping -c 1 -W 10 {address} >/dev/null" for address in addresses[1:])
    assert first.sh(script, check=False).returncode == 0
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda container: engine.docker("rm", "-f", container.name), containers))


@pytest.mark.tries("bridge", "MTU")
def test_the_mtu_that_was_asked_for_is_that_of_the_container_and_the_bridge(world: World, engine: Engine):
    name = world.network("-o", "com.docker.network.driver.mtu=1400")
    one = world.container(name)
    assert "mtu 1400" in one.sh("ip link show eth0").stdout
    bridge = f"wsb{engine.inspect(name)['Id'][:10]}"
    assert "mtu 1400" in engine.exec("ip", "link", "show", bridge).stdout


def test_the_bridge_has_the_name_that_was_asked_for(world: World, engine: Engine):
    name = world.network("-o", "com.docker.network.bridge.name=wsmine0")
    one, two = world.container(name), world.container(name)
    assert "wsmine0" in engine.exec("ip", "link", "show", "type", "bridge").stdout
    assert one.pings(two.name)
    for container in (one, two):
        engine.docker("rm", "-f", container.name)
    engine.docker("network", "rm", name)
    assert "wsmine0" not in engine.exec("ip", "link").stdout


def test_containers_do_not_reach_each_other_where_isolation_was_asked_for(world: World):
    name = world.network("-o", "com.docker.network.bridge.enable_icc=false")
    one, two = world.container(name), world.container(name)
    assert not one.pings(two.address(name), tries=1)
    assert one.pings(NEIGHBOUR4)


def test_networks_do_not_reach_each_other(world: World):
    first, second = world.network(), world.network()
    docker = world.network(driver="bridge")
    one, two, three = world.container(first), world.container(second), world.container(docker)
    assert not one.pings(two.address(second), tries=1)
    assert not one.pings(three.address(docker), tries=1)
    assert not three.pings(one.address(first), tries=1)


def test_what_containers_send_out_carries_the_hosts_address(world: World, neighbour: Neighbour):
    one = world.container(world.network())
    with server(neighbour.namespace, "tcp", 8082):
        assert ask(one.sandbox, "tcp", NEIGHBOUR4, 8082) == ENGINE4


def test_containers_keep_their_own_address_outside_without_masquerade(world: World, neighbour: Neighbour):
    name = world.network("-o", "com.docker.network.bridge.enable_ip_masquerade=false")
    one = world.container(name)
    neighbour.route(world.subnet)
    with server(neighbour.namespace, "tcp", 8083):
        assert ask(one.sandbox, "tcp", NEIGHBOUR4, 8083) == one.address(name)
    neighbour.route(world.subnet, remove=True)


def test_a_bad_option_is_told_to_the_user_and_makes_nothing(world: World, engine: Engine):
    result = engine.docker("network", "create", "-d", "workshop", "-o", "mtu=much", "wrong", check=False)
    assert result.returncode == 1
    assert "mtu" in result.stderr
    assert "much" in result.stderr
    assert "wrong" not in engine.docker("network", "ls").stdout


def test_an_option_that_is_not_known_is_passed_over_with_a_warning(world: World):
    world.container(world.network("-o", "colour=green"))
    assert until(lambda: "colour" in world.plugin.log(), 30)
