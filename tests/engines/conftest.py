"""Real engines for the tests: one of each version, with the plugin beside it and a host next door."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kinds
from tests.support.cable import Cable
from tests.support.contained import Contained
from tests.support.engine import Engine
from tests.support.leftovers import Leftovers
from tests.support.managed import Managed
from tests.support.neighbour import Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import run
from tests.support.world import World


@pytest.fixture(scope="session", params=kinds.engines_asked_for())
def version(request: pytest.FixtureRequest) -> str:
    """The version of Docker that the test runs on."""
    return request.param


@pytest.fixture(scope="session", params=["nft"])
def iptables(request: pytest.FixtureRequest) -> str:
    """The iptables that Docker uses: ``nft``, or ``legacy`` where a test asks for it too."""
    return request.param


@pytest.fixture(scope="session", params=["process"])
def shipped(request: pytest.FixtureRequest) -> str:
    """How the plugin runs: as a ``process`` beside the engine; ``managed`` by it; in a ``container`` of it."""
    return request.param


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make plugin`` makes."""
    folder = tmp_path_factory.mktemp("managed") / "plugin"
    run(sys.executable, "-m", "shipping.plugin", folder, timeout=300)
    return folder


@pytest.fixture(scope="session")
def engine(version: str, iptables: str, shipped: str) -> Iterator[Engine]:
    """A Docker Engine."""
    engine = Engine(version, iptables=iptables)
    try:
        engine.up()
        engine.settle()
        yield engine
    finally:
        engine.down()


@pytest.fixture(scope="session")
def neighbour(engine: Engine) -> Iterator[Neighbour]:
    """Another host, joined with the engine's by a cable."""
    neighbour = Neighbour(engine.namespace)
    yield neighbour
    neighbour.down()


@pytest.fixture(scope="session")
def plugin(
    engine: Engine, neighbour: Neighbour, shipped: str, request: pytest.FixtureRequest
) -> Iterator[Plugin | Managed | Contained]:
    """The plugin: a process beside the engine, managed by it, or in a container of it."""
    if shipped == "managed":
        plugin = Managed(engine, request.getfixturevalue("plugin_folder"), "SCOPE=local")
    elif shipped == "container":
        plugin = Contained(engine, request.getfixturevalue("plugin_folder"))
    else:
        plugin = Plugin(engine)
    try:
        yield plugin.start()
    finally:
        plugin.down()


@pytest.fixture
def world(engine: Engine, plugin: Plugin, leftovers: Leftovers) -> Iterator[World]:
    """Networks and containers of one test. Afterwards engine and store must be as they were."""
    yield from _world(engine, plugin, leftovers, "engine")


def _world(engine: Engine, plugin: Plugin, leftovers: Leftovers, name: str) -> Iterator[World]:
    if not plugin.runs:  # a test before ended it and failed
        plugin.start()
    if not engine.answers():
        engine.start()
    leftovers.watch_namespace(f"{name} {engine.version}", engine.namespace)
    leftovers.watch_store(plugin.state_dir)
    leftovers.watch_rooms(f"{name}'s networks", engine.namespace)
    world = World(engine, plugin)
    yield world
    if not plugin.runs:
        plugin.start()
    if not engine.answers():
        engine.start()
    world.close()


@pytest.fixture(scope="session")
def far_engine(version: str, engine: Engine) -> Iterator[Engine]:
    """A second engine of the same version, which a cable joins with the first."""
    far = Engine(version)
    try:
        far.up()
        far.settle()
        cable = Cable(engine.namespace, far.namespace)
        yield far
        cable.down()
    finally:
        far.down()


@pytest.fixture(scope="session")
def far_plugin(far_engine: Engine) -> Iterator[Plugin]:
    """The plugin beside the second engine, which knows nothing of the first."""
    with Plugin(far_engine) as plugin:
        yield plugin


@pytest.fixture
def far_world(far_engine: Engine, far_plugin: Plugin, leftovers: Leftovers) -> Iterator[World]:
    """Networks and containers of one test on the second engine."""
    yield from _world(far_engine, far_plugin, leftovers, "far engine")
