"""Packets followed on a real Docker Engine, from the command line of the plugin's session."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.engine import Engine
from tests.support.plugin import Plugin
from tests.support.traffic import server
from tests.support.world import World


@pytest.fixture
def walking(engine: Engine, plugin: Plugin) -> Iterator[Plugin]:
    """A second plugin, with a dashboard, by which one walks."""
    with Plugin(engine, "walker", dashboard="127.0.0.1:18623") as second:
        yield second


def walk(plugin: Plugin, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = plugin.run("walk", *arguments, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def places(result: dict[str, Any]) -> list[str]:
    return [f"{hop['role']} {hop['name'][:3]}" for hop in result["hops"] if hop["way"] == "there"]


def texts(result: dict[str, Any], kind: str) -> str:
    return "\n".join(each["text"] for hop in result["hops"] for each in hop["decided"] if each["kind"] == kind)


def test_a_ping_a_published_port_and_what_docker_drops(walking: Plugin, world: World, engine: Engine):
    name = world.network(driver="walker")
    one, two = world.container(name, "-p", "18230:80"), world.container(name)
    other = world.container(world.network(driver="walker"))
    code, result = walk(walking, one.name, two.name)
    assert (code, result["outcome"]) == (0, "answered")
    assert places(result) == ["container eth", "host wsh", "host wsh", "container eth"]
    assert "iptables -A WORKSHOP" in texts(result, "firewall")
    with server(one.sandbox, "tcp", 80):
        code, result = walk(walking, "outside", "host:18230")
        assert (code, result["outcome"]) == (0, "answered")
        assert places(result) == ["outside eth", "host ws-", "host wsb", "host wsh", "container eth"]
        assert "by the rule dnat" in texts(result, "nat")
    links = engine.namespace.run(socket.if_nameindex)
    assert "ws-walk" not in [link for _, link in links]
    code, result = walk(walking, one.name, other.name)
    assert (code, result["reason"]["code"]) == (1, "firewall")
    assert result["reason"]["rule"].endswith("drop")
    code, result = walk(walking, one.name, two.name, "--tcp", "81")
    assert (code, result["outcome"], result["reason"]["code"]) == (1, "refused", "no listener")
