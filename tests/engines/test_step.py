"""Step mode and break-it mode with a real Docker: it waits, and does with each fault what the table says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.engine import Engine
from tests.support.killing import tells_of_death
from tests.support.leftovers import Leftovers
from tests.support.neighbour import Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import Result, until
from tests.support.stepping import CASES, COMMANDS, Case, Steps
from tests.support.world import SLEEP, World
from workshop.plugin.faults import DELAY, FAULTS

HOLD = 60.0
"""Seconds that a real ``docker run`` is held."""


@pytest.fixture(scope="module")
def stepping(engine: Engine, neighbour: Neighbour) -> Iterator[Plugin]:
    """A plugin with a dashboard, beside the one of the other tests."""
    with Plugin(engine, "stepping", dashboard="127.0.0.1:0") as plugin:
        yield plugin


@pytest.fixture
def steps(engine: Engine, stepping: Plugin) -> Iterator[Steps]:
    made = Steps(lambda: stepping.log().rpartition("Dashboard: ")[2].split()[0], engine.namespace)
    yield made
    made.clear()


@pytest.fixture
def here(engine: Engine, stepping: Plugin, steps: Steps, leftovers: Leftovers) -> Iterator[World]:
    """Networks and containers of that plugin."""
    leftovers.watch_namespace("stepping", engine.namespace)
    leftovers.watch_store(stepping.state_dir)
    made = World(engine, stepping)
    yield made
    steps.clear()
    made.close()


def test_a_real_docker_run_is_held_for_a_minute_and_goes_on_without_harm(here: World, engine: Engine, steps: Steps):
    name, other = here.network(), here.network()
    witness = here.container(name)
    network = engine.inspect(name)["Id"]
    steps.add(network=network, route="NetworkDriver.CreateEndpoint")
    steps.add(network=network, route="NetworkDriver.Join", at="answer")
    held = here.expect(here.new_name("held"))
    with ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        running = pool.submit(engine.docker, "run", "-d", "--name", held.name, "--net", name, *SLEEP, timeout=150)
        (one,) = steps.wait_for("CreateEndpoint")
        assert one["plan"][0]["what"] == "pair"
        assert here.container(other), "another network's container starts meanwhile"
        assert engine.docker("ps", "-q").stdout, "Docker answers"
        time.sleep(HOLD / 2)
        steps.release(one["number"])
        (one,) = steps.wait_for("Join")
        assert one["answer"]["InterfaceName"]["SrcName"].startswith("wsc")
        time.sleep(max(0.0, began + HOLD - time.monotonic()))
        assert not running.done()
        steps.release(one["number"])
        assert running.result(30).returncode == 0
    assert time.monotonic() - began >= HOLD
    assert held.pings(witness.name)
    assert here.calls("CreateEndpoint") == 3, "nothing was asked twice"


def test_a_call_that_is_held_is_answered_when_the_plugin_is_stopped_and_taken_back_when_it_is_killed(
    here: World, engine: Engine, stepping: Plugin, steps: Steps
):
    name = here.network()
    witness = here.container(name)
    for end in (stepping.terminate, stepping.kill):
        steps.add(route="NetworkDriver.CreateEndpoint", at="answer")
        one = here.expect(here.new_name("held"))
        command = ("run", "-d", "--name", one.name, "--net", name, *SLEEP)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(engine.docker, *command, check=False)
            steps.wait_for("CreateEndpoint")
            end()
            stepping.start()  # rules go with the session
            result = running.result()
        if end == stepping.terminate:
            assert result.returncode == 0, result.stderr
            assert one.pings(witness.name)
        else:
            assert tells_of_death(result.stderr), result.stderr
    assert here.container(name).pings(witness.name)


def made(world: World, engine: Engine) -> Callable[[], Result]:
    name = world.new_name("made")
    world.networks.append(name)
    return lambda: engine.docker("network", "create", "-d", "stepping", name, check=False)


def started(world: World, engine: Engine) -> Callable[[], Result]:
    network, name = world.network(), world.expect(world.new_name("run")).name
    return lambda: engine.docker("run", "-d", "--name", name, "--net", network, *SLEEP, check=False)


def removed(world: World, engine: Engine) -> Callable[[], Result]:
    name = world.container(world.network()).name
    return lambda: engine.docker("rm", "-f", name, check=False)


PREPARE = {"create": made, "run": started, "remove": removed}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fault}-{case.method}")
def test_docker_does_with_a_fault_what_the_table_says(here: World, engine: Engine, steps: Steps, case: Case):
    command = PREPARE[COMMANDS.get(case.method, "run")](here, engine)
    before = {method: here.calls(method) for method in case.follow}
    steps.add(fault=case.fault, route=f"NetworkDriver.{case.method}", once=True)
    began = time.monotonic()
    result = command()
    assert bool(result.returncode) == case.fails, result.stderr
    if case.fails:
        assert FAULTS[case.fault].says in result.stderr
    if case.fault == "delay":
        assert time.monotonic() - began >= DELAY
    assert until(lambda: all(here.calls(method) > before[method] for method in case.follow), 10)
    assert steps.ask()[1]["rules"] == [], "the next call, and no more"
