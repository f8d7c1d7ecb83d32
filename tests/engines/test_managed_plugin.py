"""The managed plugin in real Docker Engines: what it may do, what is kept, how it carries networks."""

from __future__ import annotations

import contextlib
import errno
import http.client
import re
from pathlib import Path

import pytest

from shipping.entry import KEPT
from tests.engines.test_ipam import test_subnets_ranges_gateways_and_refusals
from tests.engines.test_networks import (
    test_containers_ping_each_other_by_name_and_address,
    test_traffic_passes_beside_dockers_own_forward_drop,
)
from tests.engines.test_ports import test_a_published_port_answers_to_everyone
from tests.engines.test_routed import test_containers_reach_each_other_the_host_and_what_is_outside
from tests.engines.test_survival import (
    test_a_restarted_engine_finds_its_networks_and_containers,
    test_containers_go_on_while_the_plugin_is_restarted,
)
from tests.support.engine import Engine
from tests.support.managed import Managed
from tests.support.shell import CommandFailed, until
from tests.support.world import World

pytestmark = pytest.mark.parametrize("shipped", ["managed"], indirect=True, scope="session")

__all__ = [
    "test_a_published_port_answers_to_everyone",
    "test_a_restarted_engine_finds_its_networks_and_containers",
    "test_containers_go_on_while_the_plugin_is_restarted",
    "test_containers_ping_each_other_by_name_and_address",
    "test_containers_reach_each_other_the_host_and_what_is_outside",
    "test_subnets_ranges_gateways_and_refusals",
    "test_traffic_passes_beside_dockers_own_forward_drop",
]

WRITABLE = {"/tmp", "/run/docker/plugins", "/var/lib/docker-network-workshop"}
"""Where it may write, beside what the kernel has under ``/proc``, ``/dev`` and ``/sys``."""


@contextlib.contextmanager
def set_to(plugin: Managed, *settings: str):
    """Have it run with other settings for the length of a ``with``."""
    before = [each for each in plugin.inspect()["Settings"]["Env"] if not each.startswith("PYTHONHOME")]
    plugin.terminate()
    plugin.set(*settings)
    try:
        yield
    finally:
        if plugin.runs:
            plugin.terminate()
        plugin.set(*before)
        plugin.start()


def status(plugin: Managed) -> dict[str, str]:
    """What the kernel says of its process."""
    return dict(re.findall(r"^(\w+):\s*(.*)$", Path(f"/proc/{plugin.pid}/status").read_text(), re.MULTILINE))


def listens(engine: Engine, port: int) -> bool:
    """Whether somebody answers HTTP on a port of the engine's localhost."""

    def ask() -> bool:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().status == 200

    with contextlib.suppress(OSError):
        return engine.namespace.run(ask)
    return False


def test_it_asks_for_two_capabilities_and_its_server_has_neither_of_them_more_than_it_needs(world: World):
    plugin = world.plugin
    assert plugin.inspect()["Config"]["Linux"] == {
        "Capabilities": ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"],
        "AllowAllDevices": False,
        "Devices": None,
    }
    kept = sum(1 << number for number in KEPT.values())
    had = {name: int(value, 16) for name, value in status(plugin).items() if name.startswith("Cap")}
    assert had == {"CapInh": 0, "CapPrm": kept, "CapEff": kept, "CapBnd": kept, "CapAmb": 0}


def test_its_root_file_system_cannot_be_written(world: World):
    plugin = world.plugin
    for place in ("new", "usr/lib/new", "etc/passwd"):
        with pytest.raises(OSError) as refused:
            Path(plugin.root, place).write_text("written")
        assert refused.value.errno == errno.EROFS
    mounts = [line.split() for line in Path(f"/proc/{plugin.pid}/mountinfo").read_text().splitlines()]
    writable = {fields[4] for fields in mounts if fields[5].startswith("rw")}
    assert {place for place in writable if not re.match(r"/(proc|dev|sys)\b", place)} == WRITABLE


def test_it_sets_the_networks_settings_and_no_others(world: World, engine: Engine):
    container = world.container(world.network(), "-p", "18420:80")
    bridge = f"wsb{engine.inspect(world.networks[0])['Id'][:10]}"
    setting = f"/proc/sys/net/ipv4/conf/{bridge}/route_localnet"
    assert engine.exec("cat", setting).stdout.strip() == "1"
    with pytest.raises(OSError):
        Path(world.plugin.root, "sysrq-trigger").write_text("h")
    assert container.pings(world.subnet.replace("0/24", "1"))


def test_it_makes_no_namespaces_and_says_how_to_have_a_plugin_that_does(world: World, engine: Engine):
    options = ("-o", "type=vxlan", "-o", "local=127.0.0.1", "-o", "namespace=own")
    result = engine.docker("network", "create", "-d", world.plugin.name, *options, "apart", check=False)
    assert result.returncode == 1
    assert "option namespace: own cannot be had here" in result.stderr
    assert "run `workshop serve` as root" in result.stderr
    assert "wsb" not in engine.exec("ip", "-o", "link").stdout


def test_its_log_is_in_dockers(world: World):
    world.network("-o", "type=bridge")
    said = world.plugin.log()
    assert "Ready: Docker finds the plugin" in said
    assert "NetworkDriver.CreateNetwork" in said
    assert re.search(r"ip link add .*type bridge", said)


def test_settings_choose_the_driver_the_scope_the_log_and_the_dashboard(world: World, engine: Engine):
    plugin = world.plugin
    assert not listens(engine, 8611)
    with set_to(plugin, "DRIVER=bridge", "LOG_LEVEL=error", "DASHBOARD=127.0.0.1:8611"):
        plugin.start()
        assert until(lambda: listens(engine, 8611), 10)
        said = len(plugin.log())
        result = engine.docker("network", "create", "-d", plugin.name, "-o", "type=null", "other", check=False)
        assert "option type: 'null' is not valid; expected bridge" in result.stderr
        world.network()
        assert "CreateNetwork" not in plugin.log()[said:]
        world.close()
    with set_to(plugin, "SCOPE=global"):
        plugin.start()
        assert plugin.scope() == "global"
    assert plugin.scope() == "local"


def test_a_setting_that_cannot_be_is_told_of_in_dockers_log(world: World, engine: Engine):
    plugin = world.plugin
    with set_to(plugin, "SCOPE=nowhere"):
        with pytest.raises(CommandFailed):
            plugin.start()
        assert "'nowhere' is not one of 'local', 'global'" in engine.log()


def test_docker_starts_it_again_when_it_was_killed(world: World):
    plugin, network = world.plugin, world.network()
    one = world.container(network)
    before = plugin.pid
    plugin.kill()
    two = world.container(network)
    assert two.pings(one.name)
    assert plugin.pid != before


def test_nothing_is_left_of_it_once_it_is_removed(world: World, engine: Engine):
    plugin, network = world.plugin, world.network()
    container = world.container(network, "-p", "18421:80")
    engine.docker("rm", "-f", container.name)
    engine.docker("network", "rm", network)
    state = plugin.state_dir
    assert (state / "store.db").exists()
    plugin.terminate()
    engine.docker("plugin", "rm", "workshop")
    assert not state.parent.exists()
    assert engine.docker("plugin", "ls", "-q").stdout == ""
    assert not re.search(r"\bws[bhct]\w{10}\b", engine.exec("ip", "link").stdout)
    assert "workshop" not in engine.exec("nft", "list", "ruleset").stdout.lower()
    plugin.down()
    plugin.start()


def test_what_is_in_use_is_not_disabled_unless_by_force_and_networks_are_kept(world: World, engine: Engine):
    plugin, network = world.plugin, world.network()
    # Docker counts only users that came since it made the plugin: that is why this follows the test above
    for verb in ("disable", "rm"):
        result = engine.docker("plugin", verb, "workshop", check=False)
        assert "plugin workshop:latest is in use" in result.stderr
    plugin.restart()
    one, two = world.container(network), world.container(network)
    assert one.pings(two.name)
