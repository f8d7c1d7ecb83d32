"""Networks of type null on real Docker Engines: every call is answered and written down, and nothing is made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.agreement import disagreements
from tests.support.engine import Engine
from tests.support.leftovers import store_rows
from tests.support.plugin import Plugin
from tests.support.world import SLEEP, World

CALLS = ("CreateNetwork", "CreateEndpoint", "Join", "Leave", "DeleteEndpoint", "DeleteNetwork")
"""Those that every version of Docker makes."""


def links(engine: Engine) -> str:
    return engine.exec("ip", "-brief", "link").stdout


@pytest.mark.tries("null", "create", "run", "disconnect", "parallel starts", "removal")
def test_containers_start_at_once_move_and_go_and_only_the_journal_has_seen_them(
    world: World, engine: Engine, plugin: Plugin
):
    before, called = links(engine), {call: world.calls(call) for call in CALLS}
    name, other = world.network("-o", "type=null", ipv6=True), world.network("-o", "type=null")
    containers = [world.expect(world.new_name("many")) for _ in range(4)]

    def start(container):
        return engine.docker("run", "-d", "--name", container.name, "--net", name, *SLEEP)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, containers))
    assert len({container.address(name) for container in containers}) == 4, "Docker's own book has them"
    one = containers[0]
    engine.docker("network", "connect", other, one.name)
    engine.docker("network", "disconnect", name, one.name)
    engine.docker("network", "connect", name, one.name)
    for container in containers:
        assert "eth" not in container.sh("ls /sys/class/net").stdout
    assert links(engine) == before
    assert disagreements(engine, plugin) == []
    engine.docker("rm", "-f", *(container.name for container in containers))
    engine.docker("network", "rm", name, other)
    assert store_rows(plugin.state_dir) == []
    made = {call: world.calls(call) - count for call, count in called.items()}
    assert made == {**dict.fromkeys(CALLS, 6), "CreateNetwork": 2, "DeleteNetwork": 2}


@pytest.mark.tries("null", "restart of the plugin", "restart of dockerd")
def test_networks_and_containers_outlive_the_plugin_and_docker(world: World, engine: Engine, plugin: Plugin):
    name = world.network("-o", "type=null")
    one = world.container(name, "--restart", "always")
    plugin.restart()
    two = world.container(name)
    plugin.kill()
    plugin.start()
    engine.docker("restart", "-t", "0", two.name)
    engine.restart()
    engine.docker("start", two.name)
    for container in (one, two):
        assert container.attachment(name)["EndpointID"]
    assert disagreements(engine, plugin) == []
