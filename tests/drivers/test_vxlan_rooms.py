"""Networks with ``-o namespace=own``: bridge and tunnel are in a namespace that is the network's."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.driver import ENDPOINT, NETWORK
from tests.support.rooms import BRIDGE, CONTAINER_END, GATEWAY, HOST_END, ROOM, TUNNEL, UPLINK, own
from tests.support.shell import path_of
from workshop.drivers import leftovers, rooms, vxlan
from workshop.drivers.host import Host
from workshop.drivers.reconcile import reconcile
from workshop.drivers.store import Store
from workshop.errors import PluginError
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
OTHER = "aa" * 32
POOL6 = {"IPv6Data": [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}]}
THEIRS = "link add theirs type vxlan id 4242 dstport 4789 local 192.0.2.10"


def test_bridge_tunnel_and_ports_are_in_the_networks_namespace_and_the_gateway_is_on_the_host(place):
    place.network(own(), **POOL6)
    place.bench.endpoint()
    there = place.inside()
    assert set(there) == {BRIDGE, TUNNEL, UPLINK, HOST_END}
    assert place.outside() == {GATEWAY, CONTAINER_END}
    assert {there[name].get("master") for name in (TUNNEL, UPLINK, HOST_END)} == {there[BRIDGE]["index"]}
    assert {link.get("state") for link in there.values()} == {"up"}
    assert place.bench.addresses(GATEWAY) == {"10.9.0.1/24", "fd00:9::1/64"}
    assert {there[name].get("ifalias") for name in (BRIDGE, TUNNEL, UPLINK)} == {f"workshop network {NETWORK}"}
    assert {link.get("mtu") for link in (*there.values(), place.bench.links()[GATEWAY])} == {1450}
    assert "inet" not in place.told("ip addr"), "it has no part in what it carries"
    assert place.bench.host.firewall.exists()
    assert f'"{GATEWAY}"' in place.bench.rules() and BRIDGE not in place.bench.rules()
    value = place.call("endpoint_oper_info")["Value"]
    assert (value["namespace"], value["bridge"], value["state"]) == (str(place.folder / ROOM), BRIDGE, "up")


def test_the_hosts_firewall_has_no_part_in_what_the_bridge_carries(place):
    programs.run(place.namespace, "sysctl", "-w", "net.bridge.bridge-nf-call-iptables=1")
    place.network(own())
    assert place.told("sysctl -n net.bridge.bridge-nf-call-iptables") == "0\n"
    assert place.told("nft list ruleset") == ""
    assert programs.run(place.namespace, "sysctl", "-n", "net.bridge.bridge-nf-call-iptables") == "1\n"


def test_the_bridge_sends_nothing_of_its_own_to_the_other_hosts(place):
    place.network(own(peers="192.0.2.11"))
    time.sleep(1)  # it would say at once which groups it listens to
    assert place.inside()[BRIDGE].get(("stats64", "tx_packets")) == 0


def test_each_command_is_told_as_one_would_type_it_on_the_host(place):
    place.network(own(), gateway="10.9.0.1/24")
    place.bench.endpoint()
    place.call("delete_endpoint")
    place.call("delete_network")
    for command in (
        f"ip netns add {ROOM}",
        f"ip -n {ROOM} link set dev {BRIDGE} up",
        f"ip netns exec {ROOM} sysctl -w net.bridge.bridge-nf-call-iptables=0",
        f"ip link add {TUNNEL} mtu 1450 netns {ROOM} type vxlan id 4242 dstport 4789 local 192.0.2.10",
        f"ip -n {ROOM} link add {HOST_END} mtu 1450 master {BRIDGE} up "
        f"type veth peer name {CONTAINER_END} mtu 1450 address 02:42:0a:09:00:02 netns 1",
        f"ip addr add 10.9.0.1/24 dev {GATEWAY}",
        f"ip -n {ROOM} link del {HOST_END}",
        f"ip netns del {ROOM}",
    ):
        assert command in place.commands


@pytest.mark.parametrize(
    ("options", "more"),
    [(own(gateway="false"), {}), (own(), {"gateway": None})],
)
def test_without_a_gateway_nothing_of_the_network_is_on_the_host(place, options, more):
    place.network(options, **more)
    assert place.outside() == set()
    assert set(place.inside()) == {BRIDGE, TUNNEL}


def test_what_the_user_calls_the_bridge_it_is_called_in_its_namespace(place):
    place.network(own(bridge="shop"))
    place.bench.endpoint()
    assert {"shop", HOST_END} < set(place.inside())
    assert place.inside()[HOST_END].get("master") == place.inside()["shop"]["index"]
    assert place.outside() == {GATEWAY, CONTAINER_END}


def test_all_of_it_is_gone_with_the_network_also_if_nothing_is_remembered_of_it(place):
    for forget in (False, True):
        place.network(own())
        place.bench.endpoint()
        if forget:
            place.bench.host.store.drop_network(NETWORK)
            place.bench.host.store.tunnels.drop(NETWORK)
        place.call("delete_network")
        assert (place.outside(), place.pinned()) == (set(), [])
        assert list(place.bench.host.store.tunnels) == []
    assert "wsg" not in place.bench.rules() if not forget else True
    place.call("delete_network")


def test_calls_that_docker_repeats_change_nothing(place):
    place.network(own())
    first = place.bench.endpoint()
    before = {name: link["index"] for name, link in place.inside().items()}
    place.network(own())
    assert place.bench.endpoint() == first
    assert {name: link["index"] for name, link in place.inside().items()} == before
    place.call("delete_endpoint")
    place.call("delete_endpoint")
    assert HOST_END not in place.inside() and place.outside() == {GATEWAY}


def test_another_word_than_host_or_own_is_refused(place):
    with pytest.raises(PluginError, match="option namespace: 'mine' is not valid; expected host or own"):
        place.network({"namespace": "mine"})


def test_who_may_make_no_namespaces_is_told_so_and_nothing_is_left(place, monkeypatch):
    def refuse(path: Path) -> Namespace:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(rooms.pinned, "make", refuse)
    with pytest.raises(PluginError, match=r"option namespace: own cannot be had here.*\(a managed plugin never may\)"):
        place.network(own())
    assert (place.outside(), place.pinned(), list(place.bench.host.store.tunnels)) == (set(), [], [])


def test_what_cannot_be_made_leaves_no_namespace(place):
    programs.run(place.namespace, "ip", "-batch", "-", given=THEIRS)
    with pytest.raises(PluginError, match="VNI 4242 is in use on this host by the link theirs"):
        place.network(own())
    programs.run(place.namespace, "ip", "link", "del", "theirs")
    programs.run(place.namespace, *f"ip link add {GATEWAY} type bridge".split())
    programs.run(place.namespace, "ip", "link", "set", GATEWAY, "alias", "theirs")
    with pytest.raises(PluginError, match=f"the name {GATEWAY} is taken by another link"):
        place.network(own())
    assert (place.outside(), place.pinned()) == ({GATEWAY}, [])


def test_networks_of_both_kinds_live_side_by_side_and_know_each_others_vnis(place):
    place.network(own())
    with pytest.raises(PluginError, match=f"VNI 4242 is taken by the network {NETWORK[:12]} of this plugin"):
        place.network({"vni": "4242"}, NetworkID=OTHER)
    place.network({}, NetworkID=OTHER, v4="10.10.0.0/24", gateway="10.10.0.1/24")
    assert place.outside() == {GATEWAY, "wsbaaaaaaaaaa", "wstaaaaaaaaaa"}


def test_many_can_be_made_and_removed_at_once(place):
    keys = [f"{number:02x}" * 32 for number in range(12)]

    def come_and_go(number: int) -> None:
        key, pool = keys[number], f"10.{20 + number}.0"
        place.network({"namespace": "own"}, NetworkID=key, v4=f"{pool}.0/24", gateway=f"{pool}.1/24")
        place.call("create_endpoint", NetworkID=key, EndpointID=key[::-1], Interface={"Address": f"{pool}.2/24"})
        place.call("delete_endpoint", NetworkID=key, EndpointID=key[::-1])
        place.call("delete_network", NetworkID=key)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(come_and_go, range(12)))
    assert (place.outside(), place.pinned()) == (set(), [])


# -- after the plugin's end, and the machine's


def test_a_plugin_that_starts_again_finds_all_as_it_was(place):
    place.network(own())
    place.bench.endpoint()
    before = {name: link["index"] for name, link in place.inside().items()}
    assert place.restart() == []
    assert {name: link["index"] for name, link in place.inside().items()} == before
    assert not vxlan.is_lost(ENDPOINT, place.bench.host)
    place.call("discover_new", DiscoveryType=1, DiscoveryData={"Address": "192.0.2.11", "Self": False})
    assert "dst 192.0.2.11" in place.told(f"bridge fdb show dev {TUNNEL}")
    place.call("delete_endpoint")
    place.call("delete_network")
    assert (place.outside(), place.pinned()) == (set(), [])


@pytest.mark.parametrize("lost", [TUNNEL, UPLINK, BRIDGE])
def test_what_was_removed_meanwhile_is_made_again(place, lost):
    place.network(own())
    place.bench.endpoint()
    place.told(f"ip link del {lost}")
    done = place.restart()
    assert any("again" in text for text in done), done
    there = place.inside()
    assert set(there) == {BRIDGE, TUNNEL, UPLINK, HOST_END}
    assert {there[name].get("master") for name in (TUNNEL, UPLINK, HOST_END)} == {there[BRIDGE]["index"]}
    assert place.bench.addresses(GATEWAY) == {"10.9.0.1/24"}
    assert place.restart() == []


def test_after_a_restart_of_the_machine_the_networks_are_made_again_and_endpoints_forgotten(place):
    place.network(own())
    place.bench.endpoint()
    rooms.remove_at(place.folder / ROOM)
    (place.folder / ROOM).touch()  # where the folder is not in memory
    done = place.restart()
    assert f"forgot endpoint {ENDPOINT[:12]}: its link is gone" in done
    assert set(place.inside()) == {BRIDGE, TUNNEL, UPLINK}
    assert place.outside() == {GATEWAY}


def test_the_tunnel_goes_by_the_address_that_docker_says_this_node_has(place):
    programs.run(place.namespace, *["ip", "addr", "add", "198.51.100.1/24", "dev", "far"])
    place.network(own())
    place.call("discover_new", DiscoveryType=1, DiscoveryData={"Address": "198.51.100.1", "Self": True})
    assert "local 198.51.100.1" in place.told(f"ip -d link show {TUNNEL}")


# -- what nobody remembers


def test_a_namespace_of_a_network_that_nobody_remembers_is_removed_at_start(place):
    place.network(own())
    place.bench.host.store.drop_network(NETWORK)
    assert f"removed {ROOM}: no network {NETWORK[:12]} is remembered" in place.restart()
    assert (place.outside(), place.pinned()) == (set(), [])


def test_those_of_another_plugin_or_of_another_host_are_left_alone(place, tmp_path):
    place.network(own())
    place.bench.host.close()
    place.begin(Store(None), plugin="other")
    assert reconcile(place.bench.host, vxlan).done == []  # type: ignore[arg-type]
    elsewhere = Namespace.create()
    host = Host(elsewhere, Store(None), rooms=place.folder)
    assert reconcile(host, vxlan).done == []  # type: ignore[arg-type]
    host.close()
    elsewhere.close()
    assert set(place.inside()) == {BRIDGE, TUNNEL, UPLINK}


def test_cleanup_finds_a_networks_namespace_and_says_whether_containers_are_on_it(place, tmp_path):
    place.network(own())
    place.bench.endpoint()
    box = Namespace.create()
    programs.run(place.namespace, "ip", "link", "set", CONTAINER_END, "netns", path_of(box))
    place.bench.host.close()
    place.bench.host.store.close()

    def look() -> list[tuple[str, str, str]]:
        store, folder = tmp_path / "store.db", tmp_path / "run"
        with leftovers.find("workshop", store, folder, rooms_in=place.folder) as found:
            told = [(item.kind, item.name, item.about) for item in found.items]
            assert found.in_use == 1
            assert leftovers.remove(found) == []
        return told

    told = place.namespace.run(look)
    assert ("namespace", ROOM, f"network {NETWORK[:12]}, containers are on it") in told
    assert ("link", GATEWAY, f"network {NETWORK[:12]}") in told
    box.close()
    place.begin(Store(None))
    assert (place.outside(), place.pinned()) == (set(), [])
