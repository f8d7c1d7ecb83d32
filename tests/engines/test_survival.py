"""The plugin and the engine end, die and come back, in any order, and nothing is lost or left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.agreement import disagreements
from tests.support.engine import Engine
from tests.support.killing import kill_in, tells_of_death
from tests.support.neighbour import ENGINE4, Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import until
from tests.support.traffic import ask, server
from tests.support.world import SLEEP, World


@pytest.mark.tries("bridge", "restart of the plugin")
def test_containers_go_on_while_the_plugin_is_restarted(
    world: World, engine: Engine, plugin: Plugin, neighbour: Neighbour
):
    name = world.network()
    one, two = world.container(name, "-p", "18200:80"), world.container(name)
    code, seconds = plugin.terminate()
    assert code == 0
    assert seconds < 10  # two are promised, and measured by `make bench`; this machine may be busy
    assert not plugin.socket.exists()
    assert one.pings(two.address(name))
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18200)
        plugin.start()
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18200)
    three = world.container(name)
    assert three.pings(one.name)
    assert one.pings(two.name)


@pytest.mark.tries("bridge", "restart of the plugin")
def test_containers_go_on_after_the_plugin_was_killed(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    one, two = world.container(name), world.container(name)
    plugin.kill()
    assert one.pings(two.address(name))
    plugin.start()
    three = world.container(name)
    assert three.pings(one.name)
    engine.docker("restart", "-t", "0", one.name)
    assert one.pings(two.name)


def create_network(world: World, network: str):
    name = world.new_name("made")
    world.networks.append(name)
    return lambda: world.engine.docker("network", "create", "-d", "workshop", name, check=False)


def remove_network(world: World, network: str):
    name = world.network()
    return lambda: world.engine.docker("network", "rm", name, check=False)


def start_container(world: World, network: str):
    name = world.expect(world.new_name("made")).name
    return lambda: world.engine.docker("run", "-d", "--name", name, "--net", network, "-p", "80", *SLEEP, check=False)


def remove_container(world: World, network: str):
    name = world.container(network, "-p", "80").name
    return lambda: world.engine.docker("rm", "-f", name, check=False)


CALLS = {
    "CreateNetwork": create_network,
    "CreateEndpoint": start_container,
    "Join": start_container,
    "ProgramExternalConnectivity": start_container,
    "EndpointOperInfo": start_container,
    "RevokeExternalConnectivity": remove_container,
    "Leave": remove_container,
    "DeleteEndpoint": remove_container,
    "DeleteNetwork": remove_network,
}
"""The calls in which the plugin is killed, and what prepares the docker command in which Docker makes each."""

COMMANDS = {
    "CreateNetwork",
    "CreateEndpoint",
    "ProgramExternalConnectivity",
    "RevokeExternalConnectivity",
    "DeleteEndpoint",
    "DeleteNetwork",
}
"""The calls in which the plugin tells the kernel what to do: in these it is also killed after the last command."""

FAILS = ("CreateNetwork", "CreateEndpoint", "Join", "ProgramExternalConnectivity")
"""Without an answer to these, the command fails. Of EndpointOperInfo that depends on the version."""


@pytest.mark.parametrize(
    ("method", "late"), [(method, late) for method in CALLS for late in (False, True) if not late or method in COMMANDS]
)
def test_nothing_is_lost_or_left_when_the_plugin_is_killed_in_a_call(
    world: World, engine: Engine, plugin: Plugin, method: str, late: bool
):
    network = world.network()
    witness = world.container(network)
    result = kill_in(plugin, method, lambda: CALLS[method](world, network), late=late)
    if result.returncode:
        assert method in (*FAILS, "EndpointOperInfo")
        assert tells_of_death(result.stderr), result.stderr
    else:
        assert method not in FAILS
    assert until(lambda: not disagreements(engine, plugin), 30), disagreements(engine, plugin)
    last = world.container(network, "-p", "18210:80")
    assert last.pings(witness.name)
    assert disagreements(engine, plugin) == []


def test_nothing_is_left_when_the_plugin_is_killed_while_many_start(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    containers = [world.expect(world.new_name("many")) for _ in range(8)]
    before = world.calls("CreateEndpoint")

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP, check=False)

    with ThreadPoolExecutor(8) as pool:
        starting = [pool.submit(start, container) for container in containers]
        assert until(lambda: world.calls("CreateEndpoint") > before, 60, every=0.01)
        plugin.kill()
        plugin.start()
        results = [one.result() for one in starting]
    failed = [result.stderr for result in results if result.returncode]
    assert all(tells_of_death(said) for said in failed), failed
    last = world.container(name)
    for container, result in zip(containers, results, strict=True):
        if result.returncode == 0:
            assert last.pings(container.address(name))


@pytest.mark.tries("bridge", "restart of dockerd")
def test_a_restarted_engine_finds_its_networks_and_containers(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network(ipv6=True)
    one = world.container(name, "--restart", "always", "-p", "18220:80")
    two = world.container(name, "--restart", "always")
    three = world.container(name)
    engine.restart()
    assert until(lambda: one.pings(two.name), 60)
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18220)
    engine.docker("start", three.name)
    assert three.pings(one.name)


@pytest.mark.tries("bridge", "restart of dockerd")
def test_an_engine_that_was_killed_leaves_nothing_behind_in_the_end(world: World, engine: Engine):
    name = world.network()
    one = world.container(name, "--restart", "always", "-p", "18230:80")
    two = world.container(name, "--restart", "always")
    engine.kill()
    engine.start()
    assert until(lambda: one.pings(two.name), 60)


def test_a_container_is_removed_while_the_plugin_is_away(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    one = world.container(name)
    plugin.terminate()
    said = len(engine.log())
    with ThreadPoolExecutor(1) as pool:
        removal = pool.submit(engine.docker, "rm", "-f", one.name, check=False)
        assert until(lambda: "Unable to connect to plugin" in engine.log()[said:], 60)
        plugin.start()
        assert removal.result().returncode == 0
    assert until(lambda: not disagreements(engine, plugin), 30), disagreements(engine, plugin)


@pytest.mark.tries("bridge", "restart of the plugin", "restart of dockerd")
def test_the_plugin_and_the_engine_are_both_restarted(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    one = world.container(name, "--restart", "always")
    two = world.container(name, "--restart", "always")
    engine.stop()
    plugin.restart()
    engine.start()
    assert until(lambda: one.pings(two.name), 60)


def test_cleanup_shows_and_removes_what_is_ours_and_nothing_else(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    world.container(name, "-p", "18240:80")
    docker = world.network(driver="bridge")
    witnesses = [world.container(docker), world.container(docker)]
    bridge = f"wsb{engine.inspect(name)['Id'][:10]}"
    engine.exec("ip", "link", "add", "wsnotours", "type", "bridge")
    engine.exec("nft", "add", "table", "inet", "theirs")
    try:
        plugin.kill()
        told = plugin.run("cleanup", "--help")
        assert told.returncode == 0
        removed = plugin.run("cleanup", "--yes", "--state-dir", str(plugin.state_dir))
        assert removed.returncode == 0, removed.stdout + removed.stderr
        links = engine.exec("ip", "link").stdout
        assert bridge not in links
        assert "wsnotours" in links
        assert witnesses[0].pings(witnesses[1].name)
        rules = engine.exec("nft", "list", "ruleset").stdout
        assert "table inet theirs" in rules
        assert "workshop" not in rules.lower()
    finally:
        engine.exec("nft", "delete", "table", "inet", "theirs", check=False)
        engine.exec("ip", "link", "del", "wsnotours", check=False)
