"""Networks with ``-o namespace=own``: bridge and tunnel are in a namespace that is the network's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.driver import NETWORK
from tests.support.rooms import BRIDGE, CONTAINER_END, GATEWAY, HOST_END, ROOM, TUNNEL, UPLINK, own
from workshop.drivers import rooms, vxlan
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
    programs.run(place.namespace, *["iptables", "-P", "FORWARD", "DROP"])
    for forget in (False, True):
        place.network(own())
        assert GATEWAY in programs.run(place.namespace, "iptables", "-S")
        place.bench.endpoint()
        if forget:
            place.bench.host.store.drop_network(NETWORK)
            place.bench.host.store.tunnels.drop(NETWORK)
        place.call("delete_network")
        assert (place.outside(), place.pinned()) == (set(), [])
        assert list(place.bench.host.store.tunnels) == []
        assert GATEWAY not in place.bench.rules()
        let_through = programs.run(place.namespace, "iptables", "-S")
        assert ("WORKSHOP" in let_through, GATEWAY in let_through) == (False, False)
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


def test_what_is_there_out_of_turn_and_a_removal_do_not_meet(place):
    """A call about a node, or a look around, waited for ever if the network went meanwhile, and all others with it."""
    ended, failed = threading.Event(), list[Exception]()

    def nodes_come_and_go() -> None:
        while not ended.is_set():
            for route in ("discover_new", "discover_delete"):
                place.call(route, DiscoveryType=1, DiscoveryData={"Address": "192.0.2.11", "Self": False})
                vxlan.look_after(place.bench.host)

    def a_network_comes_and_goes() -> None:
        for _ in range(12):
            place.network(own(proxy_arp="true"))
            place.call("delete_network")

    def go(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            failed.append(error)
        ended.set()

    work = (*[nodes_come_and_go] * 3, a_network_comes_and_goes)
    threads = [threading.Thread(target=go, args=(each,), daemon=True) for each in work]
    for thread in threads:
        thread.start()
    for thread in reversed(threads):
        thread.join(30)
    assert (failed, [thread.is_alive() for thread in threads]) == ([], [False] * 4)


def test_many_threads_in_many_rooms_keep_few_descriptors(place):
    """Docker's calls are answered by many threads, and a machine gives a program 1024 descriptors, as a rule."""
    threads, keys = 8, [f"{number:02x}" * 32 for number in range(4)]
    together = threading.Barrier(threads)

    def look(key: str) -> None:
        together.wait(20)
        place.bench.host.rooms.kernel(key).find("lo")

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with ThreadPoolExecutor(threads) as pool:
        counts = []
        for key in keys:
            place.bench.host.rooms.make(key)
            list(pool.map(look, [key] * threads))
            counts.append(descriptors())
        assert counts[-1] - counts[0] < threads, counts
        for key in keys:
            place.bench.host.rooms.remove(key)


@pytest.mark.parametrize(("number", "text"), [(28, "No space left on device"), (30, "Read-only file system")])
def test_why_no_namespace_can_be_made_is_told(place, monkeypatch, number, text):
    def refuse(path: Path) -> Namespace:
        raise OSError(number, text)

    monkeypatch.setattr(rooms.pinned, "make", refuse)
    with pytest.raises(PluginError, match=f"option namespace: none can be made for this network.*{text}"):
        place.network(own())
