"""Addresses on real Docker Engines: from the plugin (``--ipam-driver workshop``), or none at all."""

from __future__ import annotations

import ipaddress
import re

import pytest

from tests.support.agreement import disagreements
from tests.support.engine import Engine
from tests.support.leftovers import store_rows
from tests.support.plugin import Plugin
from tests.support.shell import until
from tests.support.world import World


def ours(plugin: Plugin) -> tuple[str, str]:
    """What makes a network have its addresses from the plugin."""
    return "--ipam-driver", plugin.name


def rows(plugin: Plugin) -> list[str]:
    """What the plugin has given out."""
    return [row for row in store_rows(plugin.state_dir) if row.startswith(("pools ", "addresses "))]


@pytest.mark.parametrize("kind", ["bridge", "routed"])
def test_a_network_has_its_addresses_from_the_plugin_and_gives_them_back(
    world: World, engine: Engine, plugin: Plugin, kind: str
):
    name = world.network(*ours(plugin), "-o", f"type={kind}", ipv6=True)
    assert engine.inspect(name)["IPAM"]["Driver"] == plugin.name
    asked = world.subnet.replace("0/24", "50")
    one, two = world.container(name), world.container(name, "--ip", asked)
    assert two.address(name) == asked
    assert one.pings(asked)
    assert one.pings(two.address(name, 6))
    assert disagreements(engine, plugin) == []
    taken = engine.docker("run", "--rm", "--net", name, "--ip", asked, "busybox", "true", check=False)
    assert f"remote: the address {asked} is in use" in taken.stderr
    first = one.address(name)
    engine.docker("rm", "-f", one.name)
    assert world.container(name).address(name) == first
    world.remove()
    assert rows(plugin) == []


def test_subnets_ranges_gateways_and_refusals(world: World, engine: Engine, plugin: Plugin):
    engine.exec("ip", "link", "add", "lan0", "type", "bridge")
    engine.exec("ip", "addr", "add", "10.66.0.1/16", "dev", "lan0")
    engine.exec("ip", "link", "set", "lan0", "up")
    try:
        ranged = ("--subnet", "10.67.0.0/24", "--ip-range", "10.67.0.128/25", "--gateway", "10.67.0.254")
        name = world.network(*ours(plugin), *ranged, "--aux-address", "router=10.67.0.128", subnet=False)
        assert world.container(name).address(name) == "10.67.0.129"
        for subnet, said in (
            ("10.67.0.0/25", "the pool 10.67.0.0/25 overlaps with 10.67.0.0/24, which is given out already"),
            ("10.66.9.0/24", r"overlaps with 10.66.0.0/16, to which the host has a route \(dev lan0\)"),
        ):
            wrong = engine.docker(
                "network", "create", "-d", plugin.name, *ours(plugin), "--subnet", subnet, "wrong", check=False
            )
            assert wrong.returncode == 1
            assert re.search(said, wrong.stderr), wrong.stderr
        any_one = world.network(*ours(plugin), subnet=False)
        subnet = ipaddress.ip_network(engine.inspect(any_one)["IPAM"]["Config"][0]["Subnet"])
        assert subnet.subnet_of(ipaddress.ip_network("10.208.0.0/12"))
        bridge = world.network(*ours(plugin), driver="bridge")
        one, two = world.container(bridge), world.container(bridge)
        assert one.pings(two.address(bridge)), "Docker's own driver takes them as well"
        world.remove()
        assert rows(plugin) == []
    finally:
        engine.exec("ip", "link", "del", "lan0")


def test_addresses_outlive_the_plugin_and_docker(world: World, engine: Engine, plugin: Plugin):
    name = world.network(*ours(plugin), ipv6=True)
    one, two = world.container(name, "--restart", "always"), world.container(name)
    before = rows(plugin)
    plugin.kill()
    plugin.start()
    assert rows(plugin) == before
    three = world.container(name)
    assert len({each.address(name) for each in (one, two, three)}) == 3
    engine.restart()
    assert until(lambda: one.attachment(name)["IPAddress"], 60)
    assert disagreements(engine, plugin) == []
    engine.docker("start", two.name)
    assert until(lambda: one.pings(two.name), 60)
    engine.kill()
    engine.start()
    assert until(lambda: not disagreements(engine, plugin), 60), disagreements(engine, plugin)
    world.remove()
    assert rows(plugin) == []


@pytest.mark.parametrize("kind", ["bridge", "routed", "null"])
def test_a_network_without_addresses_is_tolerated(world: World, engine: Engine, plugin: Plugin, kind: str):
    options = ("--ipam-driver", "null", "-o", f"type={kind}")
    name, other = (world.network(*options, subnet=False) for _ in range(2))
    one, two = world.container(name), world.container(other)
    links = one.sh("ip -o link").stdout
    assert "eth1" not in links, "and none by the back door"
    assert ("eth0" in links) is (kind != "null")
    assert "inet " not in one.sh("ip -o addr show dev eth0", check=False).stdout
    if kind == "bridge":
        three = world.container(name, "--cap-add", "NET_ADMIN")
        four = world.container(name, "--cap-add", "NET_ADMIN")
        three.sh("ip addr add 10.68.0.1/24 dev eth0")
        four.sh("ip addr add 10.68.0.2/24 dev eth0")
        assert three.pings("10.68.0.2"), "it carries what containers choose by themselves"
    engine.docker("restart", "-t", "0", two.name)
    engine.docker("network", "disconnect", other, two.name)
    assert rows(plugin) == []
