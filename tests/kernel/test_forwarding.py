"""Our chain beside Docker's own rules, with both iptables backends, in a namespace of the test's own."""

from __future__ import annotations

import pytest

from workshop.kernel import programs
from workshop.kernel.forwarding import Forwarding, Way
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
DOCKERS = (
    ["-N", "DOCKER-USER"],
    ["-I", "FORWARD", "-j", "DOCKER-USER"],
    ["-A", "DOCKER-USER", "-j", "RETURN"],
    ["-P", "FORWARD", "DROP"],
)


@pytest.fixture(params=["nft", "legacy"])
def docker(request):
    """A namespace with Docker's chains, made with one backend; gives it and a function that lists IPv4's rules."""
    namespace = Namespace.create()
    for family in ("iptables", "ip6tables"):
        for arguments in DOCKERS:
            programs.run(namespace, f"{family}-{request.param}", *arguments)
    yield namespace, lambda: programs.run(namespace, f"iptables-{request.param}", "-S").splitlines()
    namespace.close()


def test_nothing_is_placed_where_nothing_is_in_the_way():
    namespace = Namespace.create()
    Forwarding(namespace).allow("wsb1")
    assert programs.run(namespace, "nft", "list", "ruleset") == ""
    namespace.close()


def test_a_bridge_is_let_through_and_all_is_as_before_when_it_goes(docker):
    namespace, rules = docker
    before = rules()
    forwarding = Forwarding(namespace)
    forwarding.allow("wsb1")
    forwarding.allow("wsb2", Way("wsb2", internal=True))
    there = rules()
    assert "-A DOCKER-USER -m comment --comment workshop -j WORKSHOP" in there
    assert '-A WORKSHOP -i wsb1 -m comment --comment "workshop wsb1" -j ACCEPT' in there
    assert sum("wsb2" in rule for rule in there) == 1, "an internal network's traffic stays inside"
    forwarding.forget("wsb1")
    assert not any("wsb1" in rule for rule in rules())
    forwarding.forget("wsb2")
    assert rules() == before


def test_allowing_twice_places_the_rules_once(docker):
    namespace, rules = docker
    Forwarding(namespace).allow("wsb1")
    once = rules()
    Forwarding(namespace).allow("wsb1")
    assert rules() == once


def test_networks_that_share_their_links_are_let_through_by_their_subnets(docker):
    namespace, rules = docker
    before = rules()
    forwarding = Forwarding(namespace)
    fruit = Way("wsh+", ("10.9.0.0/24", "10.9.1.0/24", "fd00:9::/64"))
    ways = {"routed fruit": fruit, "routed safe": Way("wsh+", ("10.8.0.0/24",), internal=True)}
    for _ in range(2):
        for name, way in ways.items():
            forwarding.allow(name, way)
    there = rules()
    mark = '-m comment --comment "workshop routed fruit" -j ACCEPT'
    assert f"-A WORKSHOP -s 10.9.0.0/24 -d 10.9.1.0/24 -i wsh+ -o wsh+ {mark}" in there
    assert f"-A WORKSHOP -s 10.9.0.0/24 -i wsh+ {mark}" in there
    assert len([rule for rule in there if "routed fruit" in rule]) == 4 + 2 * 2 + 2 * 3
    assert [rule for rule in there if "routed safe" in rule] == [
        f"-A WORKSHOP -s 10.8.0.0/24 -d 10.8.0.0/24 -i wsh+ -o wsh+ {mark.replace('fruit', 'safe')}"
    ]
    assert not any("fd00" in rule for rule in there), "that is the other program's"
    Forwarding(namespace).restart(ways)
    assert rules() == there
    forwarding.forget("routed fruit")
    assert not any("routed fruit" in rule for rule in rules())
    forwarding.forget("routed safe")
    assert rules() == before


def test_rules_are_placed_when_docker_comes_after_the_network():
    namespace = Namespace.create()
    forwarding = Forwarding(namespace)
    forwarding.allow("wsb1")
    for arguments in DOCKERS:
        programs.run(namespace, "iptables-nft", *arguments)
    forwarding.refresh()
    assert "wsb1" in programs.run(namespace, "iptables-nft", "-S")
    forwarding.clear()
    assert "WORKSHOP" not in programs.run(namespace, "iptables-nft", "-S")
    namespace.close()


def test_two_plugins_keep_to_their_own_chain(docker):
    namespace, rules = docker
    one, other = Forwarding(namespace), Forwarding(namespace, owner="workshop-other")
    one.allow("wsb1")
    other.allow("wsb2")
    one.clear()
    assert not any("wsb1" in rule for rule in rules())
    assert any("wsb2" in rule for rule in rules())
    other.clear()
    assert not any("WORKSHOP" in rule for rule in rules())
