"""Published ports on real Docker Engines, asked for from everywhere that one may ask from."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from tests.support import sctp
from tests.support.engine import Engine
from tests.support.neighbour import ENGINE4, ENGINE6, NEIGHBOUR4, Neighbour
from tests.support.traffic import ask, refuses, server
from tests.support.world import Container, World


def published(world: World, container: Container) -> list[dict]:
    """The host's ports of a container, as the plugin remembers them."""
    (attachment,) = world.engine.inspect(container.name)["NetworkSettings"]["Networks"].values()
    with tempfile.TemporaryDirectory() as folder:
        for file in world.plugin.state_dir.glob("store.db*"):
            shutil.copy(file, folder)
        with contextlib.closing(sqlite3.connect(Path(folder) / "store.db")) as database:
            query = "select data from endpoints where id = ?"
            (row,) = database.execute(query, (attachment["EndpointID"],)).fetchone()
    return json.loads(row)["Ports"]


@pytest.mark.parametrize("proto", ["tcp", "udp"])
def test_a_published_port_answers_to_everyone(world: World, engine: Engine, neighbour: Neighbour, proto: str):
    name = world.network()
    one, two = world.container(name, "-p", f"18080:80/{proto}"), world.container(name)
    with server(one.sandbox, proto, 80):
        assert ask(neighbour.namespace, proto, ENGINE4, 18080) == NEIGHBOUR4, "another host"
        assert ask(engine.namespace, proto, ENGINE4, 18080), "the host itself, by its own address"
        assert ask(engine.namespace, proto, "127.0.0.1", 18080), "the host itself, by localhost"
        assert ask(two.sandbox, proto, ENGINE4, 18080), "a container of the same network"
        assert ask(one.sandbox, proto, ENGINE4, 18080), "the container itself"
    engine.docker("rm", "-f", one.name)
    assert refuses(neighbour.namespace, proto, ENGINE4, 18080)


def test_a_published_port_answers_to_a_container_of_another_network(world: World):
    one = world.container(world.network(), "-p", "18081:80")
    other = world.container(world.network())
    with server(one.sandbox, "tcp", 80):
        assert ask(other.sandbox, "tcp", ENGINE4, 18081)


def test_a_range_is_published_port_by_port(world: World, neighbour: Neighbour):
    one = world.container(world.network(), "-p", "18100-18102:90-92")
    for offset in range(3):
        with server(one.sandbox, "tcp", 90 + offset):
            assert ask(neighbour.namespace, "tcp", ENGINE4, 18100 + offset) == NEIGHBOUR4


def test_a_port_published_on_one_address_answers_only_there(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network()
    gateway = world.subnet.replace("0/24", "1")
    one = world.container(name, "-p", f"{ENGINE4}:18090:80", "-p", "127.0.0.1:18091:81")
    with server(one.sandbox, "tcp", 80), server(one.sandbox, "tcp", 81):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18090) == NEIGHBOUR4
        assert refuses(engine.namespace, "tcp", gateway, 18090)
        assert ask(engine.namespace, "tcp", "127.0.0.1", 18091)
        assert refuses(neighbour.namespace, "tcp", ENGINE4, 18091)


def test_a_random_port_of_the_host_is_taken_where_none_is_named(world: World, neighbour: Neighbour):
    name = world.network()
    one, two = world.container(name, "-p", "80"), world.container(name, "-p", "80")
    ports = [published(world, container)[0]["host_port"] for container in (one, two)]
    assert ports[0] != ports[1]
    for container, port in zip((one, two), ports, strict=True):
        with server(container.sandbox, "tcp", 80):
            assert ask(neighbour.namespace, "tcp", ENGINE4, port) == NEIGHBOUR4


def test_a_port_is_published_over_ipv6_too(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network(ipv6=True)
    one, two = world.container(name, "-p", "18120:80"), world.container(name)
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18120)
        assert ask(neighbour.namespace, "tcp", ENGINE6, 18120)
        assert ask(engine.namespace, "tcp", ENGINE6, 18120)
        assert ask(two.sandbox, "tcp", ENGINE6, 18120)


def test_a_port_that_is_taken_is_refused_by_name(world: World, engine: Engine):
    name = world.network()
    world.container(name, "-p", "18130:80")
    late = world.expect(world.new_name("late"))
    result = engine.docker(
        *("run", "-d", "--name", late.name, "--net", name, "-p", "18130:80", "busybox", "sleep", "60"),
        check=False,
    )
    assert result.returncode != 0
    assert re.search(r"\b18130\b", result.stderr)


def test_a_port_is_free_again_after_its_container_stopped(world: World, engine: Engine, neighbour: Neighbour):
    name = world.network()
    one = world.container(name, "-p", "18140:80")
    engine.docker("stop", "-t", "0", one.name)
    assert refuses(neighbour.namespace, "tcp", ENGINE4, 18140)
    two = world.container(name, "-p", "18140:80")
    with server(two.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18140)


def test_a_published_port_follows_its_container_through_a_restart(world: World, engine: Engine, neighbour: Neighbour):
    one = world.container(world.network(), "-p", "18150:80")
    engine.docker("restart", "-t", "0", one.name)
    with server(one.sandbox, "tcp", 80):
        assert ask(neighbour.namespace, "tcp", ENGINE4, 18150) == NEIGHBOUR4


def test_an_sctp_port_is_published(world: World, neighbour: Neighbour):
    one = world.container(world.network(), "-p", "18160:90/sctp")
    address = one.engine.docker(
        "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", one.name
    ).stdout.strip()
    arrived = sctp.arrives(neighbour.namespace, ENGINE4, 18160, one.sandbox, address)
    assert arrived == 90
