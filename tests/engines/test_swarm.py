"""A Swarm of two real engines with the managed plugin: one network on both, through a tunnel over the cable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kinds
from tests.support.cable import FAR4, LINK, NEAR4
from tests.support.capture import capture
from tests.support.engine import IMAGE
from tests.support.shell import until
from tests.support.swarm import SLEEP, Swarm, vni_of

WORKERS = {"20.10": "20.10", "26.1": "26.1", "28.5": "26.1"}
"""The worker's version for each version of the manager."""

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=kinds.engines_asked_for())
def version(request: pytest.FixtureRequest) -> str:
    """The manager's version."""
    return request.param


@pytest.fixture(scope="module")
def swarm(version: str, plugin_folder: Path) -> Iterator[Swarm]:
    """A Swarm of a manager and a worker."""
    swarm = Swarm(version, WORKERS[version], plugin_folder)
    try:
        yield swarm.up()
    finally:
        swarm.down()


@pytest.fixture
def net(swarm: Swarm) -> Iterator[tuple[str, int]]:
    """A network for the Swarm, with its VNI; afterwards nothing may be left of it on either node."""
    number = next(_numbers)
    name, vni = f"net{number}", 4200 + number
    swarm.network(name, "-o", "type=vxlan", "-o", f"vni={vni}", "--subnet", f"10.210.{number}.0/24")
    yield name, vni
    for node in swarm.nodes:
        if names := node.docker("ps", "-aq", "--filter", f"network={name}").stdout.split():
            node.docker("rm", "-f", *names)
    if name in swarm.manager.docker("network", "ls", "--format", "{{.Name}}").stdout.split():
        swarm.remove(name)
    for node in swarm.nodes:
        assert until(lambda n=node: not n.left(), 30), node.left()


def test_containers_on_both_nodes_reach_each_other_and_the_tunnel_is_seen_on_the_cable(swarm: Swarm, net):
    name, vni = net
    manager, worker = swarm.nodes
    here, there = manager.run("here", name), worker.run("there", name)
    with capture(manager.engine.namespace, LINK) as cable:
        assert manager.pings("here", there)
        assert worker.pings("there", here)
        pings = [each for each in cable.tunnelled() if each.vni == vni and each.ping]
    assert {(each.source, each.target) for each in pings} == {(NEAR4, FAR4), (FAR4, NEAR4)}
    assert {each.ping for each in pings} == {(here, there), (there, here)}
    assert manager.pings("here", "there"), "by name"
    assert worker.pings("there", "here"), "by name"
    assert manager.rows("nodes") == worker.rows("nodes") == [NEAR4, FAR4]
    assert manager.peers() == {FAR4}
    assert worker.peers() == {NEAR4}


def test_a_service_has_a_task_on_each_node_and_answers_to_its_name_on_both(swarm: Swarm, net):
    name, _ = net
    options = ("--replicas", "2", "--network", name, "--endpoint-mode", "dnsrr", "--no-resolve-image", "--detach")
    swarm.manager.docker("service", "create", "--name", "web", *options, IMAGE, *SLEEP)
    try:
        assert until(lambda: all(len(node.containers("web")) == 1 for node in swarm.nodes), 60)
        addresses = {
            node.engine.inspect(task)["NetworkSettings"]["Networks"][name]["IPAddress"]
            for node in swarm.nodes
            for task in node.containers("web")
        }
        assert len(addresses) == 2
        for node in swarm.nodes:
            (task,) = node.containers("web")
            assert until(
                lambda n=node, t=task: all(
                    address in n.docker("exec", t, "nslookup", "web", check=False).stdout for address in addresses
                ),
                30,
            )
            assert node.pings(task, "web")
            assert all(node.pings(task, address) for address in addresses)
    finally:
        swarm.manager.docker("service", "rm", "web")


def test_a_network_without_a_vni_gets_one_that_is_the_same_on_both_nodes(swarm: Swarm):
    key = swarm.network("free", "-o", "type=vxlan")
    addresses = [node.run(f"free{number}", "free") for number, node in enumerate(swarm.nodes)]
    first, second = (vni_of(node, key) for node in swarm.nodes)
    assert first == second >= 1 << 23
    assert swarm.manager.pings("free0", addresses[1])
    for number, node in enumerate(swarm.nodes):
        node.docker("rm", "-f", f"free{number}")
    swarm.remove("free")
    for node in swarm.nodes:
        assert until(lambda n=node: not n.left(), 30), node.left()


def test_a_node_that_leaves_is_no_peer_any_more_and_one_that_comes_back_is(swarm: Swarm, net):
    name, _ = net
    manager, worker = swarm.nodes
    manager.run("stays", name)
    worker.run("goes", name)
    assert manager.peers() == {FAR4}
    worker.docker("rm", "-f", "goes")
    swarm.leave()
    assert until(lambda: manager.peers() == set(), 30), manager.peers()
    assert manager.rows("nodes") == [NEAR4]
    assert until(lambda: not worker.left(), 30), worker.left()
    swarm.join()
    assert until(lambda: manager.peers() == {FAR4}, 30)
    address = worker.run("back", name)
    assert manager.pings("stays", address)


def test_containers_go_on_while_a_nodes_plugin_is_disabled_and_find_their_peers_again(swarm: Swarm, net):
    name, _ = net
    manager, worker = swarm.nodes
    manager.run("one", name)
    there = worker.run("two", name)
    assert manager.pings("one", there)
    manager.plugin.terminate()
    assert manager.pings("one", there)
    manager.plugin.start()
    assert manager.peers() == {FAR4}
    more = manager.run("three", name)
    assert worker.pings("two", more)
