"""The plugin and the engine end, die and come back, in any order, and nothing is lost or left."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.engine import Engine
from tests.support.neighbour import ENGINE4, Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import until
from tests.support.traffic import ask, server
from tests.support.world import SLEEP, World


def test_containers_go_on_while_the_plugin_is_restarted(
    world: World, engine: Engine, plugin: Plugin, neighbour: Neighbour
):
    name = world.network()
    one, two = world.container(name, "-p", "18200:80"), world.container(name)
    code, seconds = plugin.terminate()
    assert code == 0
    assert seconds < 2
    assert not plugin.socket.exists()
    assert one.pings(two.address(name))
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18200)
        plugin.start()
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18200)
    three = world.container(name)
    assert three.pings(one.name)
    assert one.pings(two.name)


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


STEPS = {
    "CreateNetwork": lambda docker, network, name: docker("network", "create", "-d", "workshop", f"{network}x"),
    "CreateEndpoint": lambda docker, network, name: docker(
        "run", "-d", "--name", name, "--net", network, "-p", "18210:80", *SLEEP
    ),
    "Leave": lambda docker, network, name: docker("rm", "-f", name),
    "DeleteNetwork": lambda docker, network, name: docker("network", "rm", f"{network}x"),
}
"""What to do so that Docker makes a call."""

KILLS = {
    "CreateNetwork": "CreateNetwork",
    "CreateEndpoint": "CreateEndpoint",
    "Join": "CreateEndpoint",
    "ProgramExternalConnectivity": "CreateEndpoint",
    "EndpointOperInfo": "CreateEndpoint",
    "RevokeExternalConnectivity": "Leave",
    "Leave": "Leave",
    "DeleteEndpoint": "Leave",
    "DeleteNetwork": "DeleteNetwork",
}
"""In which call the plugin is killed, and the step in which Docker makes it."""


@pytest.mark.parametrize("method", KILLS)
def test_nothing_is_lost_when_the_plugin_is_killed_in_a_call(world: World, engine: Engine, plugin: Plugin, method: str):
    network = world.network()
    world.networks.append(f"{network}x")
    witness, victim = world.container(network), world.expect(world.new_name("victim"))

    def killer() -> None:
        seen = world.calls(method)
        armed.set()
        if until(lambda: world.calls(method) > seen, 20, every=0.001):
            plugin.kill()
            plugin.start()

    killed = False
    for step, act in STEPS.items():
        armed = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            killing = pool.submit(killer) if step == KILLS[method] else None
            if killing:
                assert armed.wait(10)
            act(lambda *arguments: engine.docker(*arguments, check=False), network, victim.name)
            if killing:
                killing.result()
                killed = True
    assert killed
    assert plugin.runs
    last = world.container(network, "-p", "18210:80")
    assert last.pings(witness.name)


def test_nothing_is_left_when_the_plugin_is_killed_while_many_start(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    containers = [world.expect(world.new_name("many")) for _ in range(8)]

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP, check=False)

    with ThreadPoolExecutor(8) as pool:
        starting = [pool.submit(start, container) for container in containers]
        time.sleep(0.4)
        plugin.kill()
        plugin.start()
        results = [one.result() for one in starting]
    assert any(result.returncode == 0 for result in results), results[0].stderr
    # Docker repeats a call that was cut off in the middle with an empty body: that one cannot succeed
    failed = [result.stderr for result in results if result.returncode]
    assert all("the body is empty" in said for said in failed), failed
    last = world.container(name)
    for container, result in zip(containers, results, strict=True):
        if result.returncode == 0:
            assert last.pings(container.address(name))


def test_a_restarted_engine_finds_its_networks_and_containers(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network(ipv6=True)
    one = world.container(name, "--restart", "always", "-p", "18220:80")
    two = world.container(name, "--restart", "always")
    three = world.container(name)
    engine.restart()
    assert until(lambda: one.pings(two.name), 15)
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18220)
    engine.docker("start", three.name)
    assert three.pings(one.name)


def test_an_engine_that_was_killed_leaves_nothing_behind_in_the_end(world: World, engine: Engine):
    name = world.network()
    one = world.container(name, "--restart", "always", "-p", "18230:80")
    two = world.container(name, "--restart", "always")
    engine.kill()
    engine.start()
    assert until(lambda: one.pings(two.name), 20)


def test_a_container_is_removed_while_the_plugin_is_away(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    one = world.container(name)
    plugin.terminate()
    with ThreadPoolExecutor(1) as pool:
        removal = pool.submit(engine.docker, "rm", "-f", one.name, check=False)
        time.sleep(1)
        plugin.start()
        assert removal.result().returncode == 0


def test_the_plugin_and_the_engine_are_both_restarted(world: World, engine: Engine, plugin: Plugin):
    name = world.network()
    one = world.container(name, "--restart", "always")
    two = world.container(name, "--restart", "always")
    engine.stop()
    plugin.restart()
    engine.start()
    assert until(lambda: one.pings(two.name), 15)


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
