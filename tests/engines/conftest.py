"""Real engines for the tests: one of each version, with the plugin beside it and a host next door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import kinds
from tests.support.engine import Engine
from tests.support.leftovers import Leftovers
from tests.support.neighbour import Neighbour
from tests.support.plugin import Plugin
from tests.support.world import World


@pytest.fixture(scope="session", params=kinds.engines_asked_for())
def version(request: pytest.FixtureRequest) -> str:
    """The version of Docker that the test runs on."""
    return request.param


@pytest.fixture(scope="session", params=["nft"])
def iptables(request: pytest.FixtureRequest) -> str:
    """The iptables that Docker uses: ``nft``, or ``legacy`` where a test asks for it too."""
    return request.param


@pytest.fixture(scope="session")
def engine(version: str, iptables: str) -> Iterator[Engine]:
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
def plugin(engine: Engine, neighbour: Neighbour) -> Iterator[Plugin]:
    """The plugin, as a process beside the engine."""
    plugin = Plugin(engine)
    try:
        yield plugin.start()
    finally:
        plugin.down()


@pytest.fixture
def world(engine: Engine, plugin: Plugin, leftovers: Leftovers) -> Iterator[World]:
    """Networks and containers of one test. Afterwards engine and store must be as they were."""
    if not plugin.runs:  # a test before ended it and failed
        plugin.start()
    if not engine.answers():
        engine.start()
    leftovers.watch_namespace(f"engine {engine.version}", engine.namespace)
    leftovers.watch_store(plugin.state_dir)
    world = World(engine, plugin)
    yield world
    if not plugin.runs:
        plugin.start()
    if not engine.answers():
        engine.start()
    world.close()
