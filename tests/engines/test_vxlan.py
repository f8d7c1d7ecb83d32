"""One network across two real engines, each with a plugin beside it, through a tunnel over the cable between them."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.agreement import disagreements
from tests.support.cable import FAR4, FAR6, LINK, NEAR4, NEAR6
from tests.support.capture import capture
from tests.support.killing import kill_in, tells_of_death
from tests.support.leftovers import store_rows
from tests.support.shell import until
from tests.support.traffic import ask, server
from tests.support.world import SLEEP, World

_numbers = itertools.count(1)


class Shared:
    """A network on both engines, of one VNI: the near one gives out addresses below .128, the far one those above."""

    def __init__(self, near: World, far: World, *options: str, peers: str = f"{NEAR4},{FAR4}", ipv6: bool = False):
        number = next(_numbers)
        self.vni, self.prefix, self.prefix6 = 4200 + number, f"10.200.{number}", f"fd00:200:{number:x}::"
        self.worlds = near, far
        told = ("-o", f"peers={peers}") if peers else ()
        six = ("--ipv6", "--subnet", f"{self.prefix6}/64") if ipv6 else ()
        self.name = f"across{number}"
        for world, half in ((near, 0), (far, 128)):
            world.engine.docker(
                *("network", "create", "-d", "workshop", "-o", "type=vxlan", "-o", f"vni={self.vni}", *told, *options),
                *("--subnet", f"{self.prefix}.0/24", "--ip-range", f"{self.prefix}.{half}/25"),
                *("--gateway", f"{self.prefix}.1", *six, self.name),
            )
            world.networks.append(self.name)

    def tunnels(self) -> list[str]:
        """What the kernel of each engine says of the network's tunnel."""
        found = []
        for world in self.worlds:
            key = world.engine.inspect(self.name)["Id"]
            found.append(world.engine.exec("ip", "-d", "link", "show", f"wst{key[:10]}", check=False).stdout)
        return found


@pytest.fixture
def both(world: World, far_world: World) -> tuple[World, World]:
    return world, far_world


def node(world: World, address: str, *, gone: bool = False) -> None:
    data = {"Address": address, "BindAddress": "", "Self": False}
    route = "DiscoverDelete" if gone else "DiscoverNew"
    assert world.plugin.call(route, {"DiscoveryType": 1, "DiscoveryData": data}) == {}


@pytest.mark.tries("vxlan", "create", "run", "ping", "static IP and MAC", "IPv6", "MTU")
def test_containers_of_two_engines_reach_each_other_and_the_tunnel_is_seen_on_the_cable(both):
    near, far = both
    net = Shared(near, far, ipv6=True)
    one = near.container(net.name, "--ip", f"{net.prefix}.77", "--ip6", f"{net.prefix6}77")
    two = far.container(net.name, "--ip6", f"{net.prefix6}99", "--mac-address", "02:aa:00:00:00:99")
    with capture(near.engine.namespace, LINK) as cable:
        assert one.pings(two.address(net.name)) and one.pings(f"{net.prefix6}99")
        assert two.pings(f"{net.prefix}.77") and two.pings(f"{net.prefix6}77")
        seen = [each for each in cable.tunnelled() if each.ping]
    assert {(each.vni, each.port) for each in seen} == {(net.vni, 4789)}
    assert {(each.source, each.target) for each in seen} == {(NEAR4, FAR4), (FAR4, NEAR4)}
    assert (f"{net.prefix}.77", two.address(net.name)) in {each.ping for each in seen}
    for told, here in zip(net.tunnels(), (NEAR4, FAR4), strict=True):
        assert f"vxlan id {net.vni} local {here}" in told
    for container in (one, two):
        assert "mtu 1450" in container.sh("ip link show eth0").stdout
        assert container.pings(f"{net.prefix}.1"), "the gateway is on its own host"
    assert "02:aa:00:00:00:99" in one.sh(f"ip neigh show {two.address(net.name)}").stdout
    with server(two.sandbox, "tcp", 80):
        assert ask(one.sandbox, "tcp", two.address(net.name), 80) == f"{net.prefix}.77"


@pytest.mark.tries("vxlan", "MTU", "disconnect")
def test_a_container_is_disconnected_and_connected_and_another_moves_to_the_other_engine(both):
    near, far = both
    net = Shared(near, far, "-o", "mtu=1400")
    one, two = near.container(net.name), far.container(net.name)
    there = two.address(net.name)
    assert one.pings(there)
    assert "mtu 1400" in one.sh("ip link show eth0").stdout
    far.engine.docker("network", "disconnect", net.name, two.name)
    assert not one.pings(there, tries=1)
    far.engine.docker("network", "connect", "--ip", there, net.name, two.name)
    assert one.pings(there)
    far.engine.docker("rm", "-f", two.name)
    moved = near.container(net.name, "--ip", there)
    assert one.pings(there, tries=3), "it is believed on the far engine for minutes"
    near.engine.docker("rm", "-f", moved.name)
    again = far.container(net.name, "--ip", there)
    assert one.pings(there, tries=3)
    assert again.pings(one.address(net.name))


@pytest.mark.tries("vxlan", "restart of the plugin", "restart of dockerd")
def test_tunnels_outlive_plugins_and_find_their_nodes_again_and_containers_outlive_engines(both):
    near, far = both
    net = Shared(near, far, "-o", f"parent={LINK}", peers="")
    one, two = near.container(net.name, "--restart", "always"), far.container(net.name)
    assert not one.pings(two.address(net.name), tries=1)
    node(near, FAR4)
    node(far, NEAR4)
    assert one.pings(two.address(net.name))
    near.plugin.restart()
    far.plugin.kill()
    assert one.pings(two.address(net.name))
    far.plugin.start()
    three = far.container(net.name)
    assert one.pings(three.address(net.name))
    near.engine.restart()
    assert until(lambda: one.pings(two.address(net.name), tries=1), 60)
    node(near, FAR4, gone=True)
    node(far, NEAR4, gone=True)
    assert not one.pings(two.address(net.name), tries=1)


@pytest.mark.tries("vxlan", "parallel starts")
def test_many_containers_start_at_once_on_both_engines_over_an_underlay_of_ipv6(both):
    near, far = both
    net = Shared(near, far, peers=f"{NEAR6},{FAR6}")
    containers = [world.expect(world.new_name("many")) for world in (near, far) for _ in range(4)]

    def start(container):
        return container.engine.docker("run", "-d", "--name", container.name, "--net", net.name, *SLEEP)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, containers))
    with capture(far.engine.namespace, LINK) as cable:
        addresses = [container.address(net.name) for container in containers]
        assert len(set(addresses)) == 8
        script = " && ".join(f"ping -c 1 -W 10 {address} >/dev/null" for address in addresses[1:])
        assert containers[0].sh(script, check=False).returncode == 0
        assert {(each.source, each.target) for each in cable.tunnelled() if each.ping} == {(NEAR6, FAR6)}
    assert "mtu 1430" in containers[0].sh("ip link show eth0").stdout


def test_what_cannot_be_is_told_to_the_user_and_makes_nothing(both):
    near, far = both
    net = Shared(near, far)
    for given, said in (
        (f"vni={net.vni}", rf"VNI {net.vni} is taken by the network {near.engine.inspect(net.name)['Id'][:12]}"),
        ("local=192.0.2.99", "option local: this host has no address 192.0.2.99"),
        ("mtu=1451", f"option mtu: 1451 is too large; .* the 1500 of {LINK}"),
    ):
        options = ("-o", "type=vxlan", "-o", f"peers={FAR4}", "-o", given)
        result = near.engine.docker("network", "create", "-d", "workshop", *options, "wrong", check=False)
        assert result.returncode == 1
        assert re.search(said, result.stderr), result.stderr
    assert "wrong" not in near.engine.docker("network", "ls").stdout


@pytest.mark.tries(
    "vxlan", "create", "run", "ping", "disconnect", "restart of the plugin", "restart of dockerd", "removal"
)
def test_a_network_in_its_own_namespace_does_all_that_others_do_and_nothing_is_left_of_it(both):
    near, far = both
    net = Shared(near, far, "-o", "namespace=own", ipv6=True)
    always = ("--restart", "always", "-p", "18400:80")
    one, two, three = near.container(net.name, *always), far.container(net.name), near.container(net.name)
    there, there6 = two.address(net.name), two.address(net.name, 6)
    key = near.engine.inspect(net.name)["Id"][:10]
    assert re.findall(r"\bws[bgst]\w{10}\b", near.engine.exec("ip", "-o", "link").stdout) == [f"wsg{key}"]
    with capture(near.engine.namespace, LINK) as cable:
        assert one.pings(there) and two.pings(one.address(net.name)) and one.pings(there6)
        assert {(each.vni, each.port) for each in cable.tunnelled() if each.ping} == {(net.vni, 4789)}
    assert one.pings(three.address(net.name)) and one.pings(f"{net.prefix}.1") and one.pings(FAR4)
    with server(one.sandbox, "tcp", 80):
        for asker in (far.engine.namespace, two.sandbox, three.sandbox, one.sandbox):
            assert ask(asker, "tcp", NEAR4, 18400)
    near.engine.docker("network", "disconnect", net.name, three.name)
    assert not one.pings(f"{net.prefix}.3", tries=1)
    near.engine.docker("network", "connect", net.name, three.name)
    assert one.pings(three.address(net.name))
    near.plugin.kill()
    assert one.pings(there) and one.pings(three.address(net.name))
    near.plugin.start()
    near.plugin.restart()
    assert one.pings(there) and one.pings(three.address(net.name))
    near.engine.restart()
    assert until(lambda: one.pings(there, tries=1), 60)
    for world, containers in ((near, (one, three)), (far, (two,))):
        for container in containers:
            container.close()
        world.engine.docker("rm", "-f", *(container.name for container in containers))
        world.engine.docker("network", "rm", net.name)
        assert until(lambda w=world: store_rows(w.plugin.state_dir) == [], 10)
        assert not re.search(r"\bws[bgst]\w{10}\b", world.engine.exec("ip", "-o", "link").stdout)
        assert "workshop" not in world.engine.exec("nft", "list", "ruleset").stdout.lower()


@pytest.mark.tries("vxlan", "removal")
def test_nothing_is_left_on_either_engine(both):
    near, far = both
    net = Shared(near, far, "-o", "proxy_arp=true")
    node(near, "10.78.0.9")
    containers = near.container(net.name, "-p", "18300:80"), far.container(net.name)
    assert containers[0].pings(containers[1].address(net.name))
    node(near, "10.78.0.9", gone=True)
    for world, container in zip(both, containers, strict=True):
        world.engine.docker("rm", "-f", container.name)
        world.engine.docker("network", "rm", net.name)
        assert until(lambda w=world: store_rows(w.plugin.state_dir) == [], 10)
        assert "vxlan" not in world.engine.exec("ip", "-d", "link").stdout
        assert " dst " not in world.engine.exec("bridge", "fdb", "show").stdout
        assert "workshop" not in world.engine.exec("nft", "list", "ruleset").stdout.lower()


@pytest.mark.parametrize("method", ["CreateNetwork", "DeleteNetwork"])
def test_nothing_is_lost_or_left_when_a_plugin_is_killed_while_a_tunnel_is_made_or_removed(both, method: str):
    near, far = both
    number = iter(range(900, 1000))

    def make(vni: int) -> list[str]:
        name = near.new_name("tunnel")
        near.networks.append(name)
        options = ("-d", "workshop", "-o", "type=vxlan", "-o", f"peers={FAR4}", "-o", f"vni={vni}")
        return ["network", "create", *options, name]

    def prepare():
        command = make(next(number))
        if method == "DeleteNetwork":
            near.engine.docker(*command)
            command = ["network", "rm", command[-1]]
        return lambda: near.engine.docker(*command, check=False)

    result = kill_in(near.plugin, method, prepare, late=True)
    assert result.returncode == 0 or tells_of_death(result.stderr), result.stderr
    assert until(lambda: not disagreements(near.engine, near.plugin), 30), disagreements(near.engine, near.plugin)
    used = [row.split()[1] for row in store_rows(near.plugin.state_dir) if row.startswith("tunnels ")]
    known = [row.split()[1] for row in store_rows(near.plugin.state_dir) if row.startswith("networks ")]
    assert sorted(used) == sorted(known)
    tunnels = set(re.findall(r"\bwst\w{10}\b", near.engine.exec("ip", "-o", "link").stdout))
    assert tunnels == {f"wst{key[:10]}" for key in known}
    near.engine.docker(*make(next(number)))
