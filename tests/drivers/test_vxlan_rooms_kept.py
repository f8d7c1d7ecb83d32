"""Networks' own namespaces after the plugin's end, and the machine's; and what nobody remembers."""

from __future__ import annotations

import pytest

from tests.support.driver import ENDPOINT, NETWORK
from tests.support.rooms import BRIDGE, CONTAINER_END, GATEWAY, HOST_END, ROOM, TUNNEL, UPLINK, own
from tests.support.shell import path_of
from workshop.drivers import leftovers, rooms, vxlan
from workshop.drivers.host import Host
from workshop.drivers.reconcile import reconcile
from workshop.drivers.store import Store
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel


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


def test_one_that_cannot_be_removed_does_not_keep_the_plugin_from_starting(place, monkeypatch):
    place.network(own())
    place.bench.host.store.drop_network(NETWORK)
    with monkeypatch.context() as changed:
        changed.setattr(rooms.pinned, "unmount", lambda path: None)
        failed = reconcile(place.bench.host, vxlan).failed  # type: ignore[arg-type]
    assert [text.partition(":")[0] for text in failed] == [f"{ROOM} cannot be removed"]


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


def test_one_whose_making_was_cut_short_after_its_bridge_is_known_as_ours(place):
    place.bench.host.rooms.make(NETWORK)
    there = rooms.seen_from(place.bench.host, NETWORK)
    there.kernel.link("add", ifname=BRIDGE, kind="bridge")
    there.kernel.link("set", index=there.kernel.index(BRIDGE), ifalias=f"workshop network {NETWORK}")
    assert [room.network for room in place.bench.host.rooms.found(place.bench.host)] == [NETWORK]
    assert f"removed {ROOM}: no network {NETWORK[:12]} is remembered" in place.restart()


def test_a_file_on_which_nothing_is_mounted_goes_with_the_network(place):
    """Its making was cut short before the namespace was pinned there, or its removal after it was not any more."""
    place.folder.mkdir(exist_ok=True)
    (place.folder / ROOM).touch()
    place.call("delete_network")
    assert place.pinned() == []


@pytest.mark.parametrize("end", ["reconcile", "cleanup"])
def test_what_another_plugin_is_about_to_hand_to_docker_is_left_alone(place, tmp_path, end):
    """The container's end is on the host for a moment, unmarked, and the end that says whose it is in a namespace."""
    place.network(own())
    place.bench.endpoint()
    mine = place.bench.host
    place.begin(Store(None), plugin="other")
    if end == "reconcile":
        assert reconcile(place.bench.host, vxlan).done == []  # type: ignore[arg-type]
    else:

        def look() -> list[str]:
            with leftovers.find("other", tmp_path / "other.db", tmp_path, rooms_in=place.folder) as found:
                return [item.name for item in found.items if item.kind != "rules"]

        assert place.namespace.run(look) == []
    assert place.outside() == {GATEWAY, CONTAINER_END}
    mine.close()


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


def test_a_lab_that_ends_removes_what_is_named_as_ours_and_nothing_else(place):
    place.network(own())
    (place.folder / "theirs").touch()
    place.bench.host.rooms.clear()
    assert place.pinned() == ["theirs"]
    (place.folder / "theirs").unlink()
