"""Drivers on Debian's own kernel: what needs VLANs, dummies and ipvlan. Run in the virtual machine, by tests/vm."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.driver import ENDPOINT, NETWORK, Bench
from tests.support.dying import STEPS, Killed, die_at
from tests.support.on_parent import FAR_END, PARENT, lay_cable, of
from tests.support.shell import inside
from tests.support.traffic import ask, refuses, server
from workshop import drivers
from workshop.drivers import dockers_own, ipvlan, leftovers, macvlan, naming, reconcile
from workshop.drivers.dockers_own import DockersOwn
from workshop.drivers.store import Store
from workshop.errors import PluginError
from workshop.kernel import kinds
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
LINK, OTHER, SECOND, THIRD = "wsc1738df3e5a", "27" * 32, "b7" * 32, "c7" * 32
VLAN, DUMMY = "p0.10", "wsd56aaf7d6a1"
CABLE = {PARENT, FAR_END}


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.driver = drivers.load("all")
    bench.host.default_type = "bridge"
    lay_cable(bench.host.kernel)
    return bench


@pytest.fixture(params=["macvlan", "ipvlan"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def on(kind: str, parent: str = VLAN, **options: str) -> dict[str, str]:
    return {"type": kind, "parent": parent, **options}


def refused(bench: Bench, said: str, options: dict) -> None:
    """Creating a network with these options fails, says so, and leaves nothing."""
    before, rows = set(bench.links()), set(bench.host.networks)
    with pytest.raises(PluginError, match=said):
        bench.network(options, NetworkID=SECOND)
    assert set(bench.links()) == before
    assert set(bench.host.networks) == rows


# -- VLANs


def test_a_vlan_is_made_with_its_first_network_and_removed_with_its_last(bench: Bench, kind: str):
    kernel = bench.host.kernel
    bench.network(on(kind))
    vlan = bench.links()[VLAN]
    assert (vlan.get(("linkinfo", "kind")), of(kernel, VLAN, "vlan_id")) == ("vlan", 10)
    assert vlan.get("link") == kernel.index(PARENT)
    assert vlan.get("state") == "up"
    assert vlan.get("ifalias") == f"workshop network {NETWORK}"
    bench.network(on(kind), NetworkID=SECOND)
    bench.endpoint("10.10.0.2/24", NetworkID=SECOND, EndpointID=OTHER)
    assert bench.links()[naming.container_end(OTHER)].get("link") == vlan["index"]
    bench.call("delete_network")
    assert bench.links()[VLAN]["index"] == vlan["index"], "the second network has lost its parent"
    assert bench.links()[VLAN].get("ifalias") == f"workshop network {SECOND}"
    bench.call("delete_network", NetworkID=SECOND)
    assert set(bench.links()) == CABLE


def test_the_network_that_came_second_goes_first_and_the_vlan_stays_for_the_first(bench: Bench):
    bench.network(on("macvlan"))
    bench.network(on("macvlan", mode="private"), NetworkID=SECOND)
    bench.call("delete_network", NetworkID=SECOND)
    assert bench.links()[VLAN].get("ifalias") == f"workshop network {NETWORK}"
    bench.call("delete_network")
    assert set(bench.links()) == CABLE


def test_a_vlan_that_was_there_before_stays(bench: Bench, kind: str):
    kernel = bench.host.kernel
    kernel.link("add", ifname=VLAN, kind="vlan", link=kernel.index(PARENT), vlan_id=10)
    refused(bench, "^the parent p0.10 is down", on(kind))
    kernel.link("set", index=kernel.index(VLAN), state="up")
    bench.network(on(kind))
    assert bench.links()[VLAN].get("ifalias") is None
    bench.call("delete_network")
    assert set(bench.links()) == {*CABLE, VLAN}


def test_passthru_has_a_vlan_for_itself(bench: Bench):
    bench.network(on("macvlan", mode="passthru"))
    refused(bench, r"^p0\.10 cannot be the parent: .*has it for itself \(mode passthru\)$", on("macvlan"))
    bench.network(on("macvlan", PARENT), NetworkID=SECOND)
    bench.call("delete_network")
    assert set(bench.links()) == CABLE


def test_a_vlan_that_has_another_name_is_told(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("add", ifname="storage", kind="vlan", link=kernel.index(PARENT), vlan_id=10)
    refused(
        bench,
        r"^p0\.10 cannot be made: VLAN 10 is there already, as storage; use -o parent=storage$",
        on("macvlan"),
    )


def test_of_a_parent_that_is_down_no_vlan_is_made_and_one_that_went_down_is_brought_up_again(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("set", index=kernel.index(PARENT), state="down")
    refused(bench, "^the parent p0 is down: `ip link set p0 up` brings it up$", on("macvlan"))
    kernel.link("set", index=kernel.index(PARENT), state="up")
    bench.network(on("macvlan"))
    kernel.link("set", index=kernel.index(VLAN), state="down")
    bench.endpoint()
    assert bench.links()[VLAN].get("state") == "up"
    kernel.link("set", index=kernel.index(PARENT), state="down")
    with pytest.raises(PluginError, match="^the parent p0 is down"):
        bench.endpoint("10.9.0.3/24", EndpointID=OTHER)


def test_a_vlan_that_is_gone_is_made_again_at_the_start_and_for_an_endpoint(bench: Bench, kind: str):
    bench.network(on(kind))
    bench.host.kernel.remove(VLAN)
    done = reconcile.reconcile(bench.host, bench.driver)
    assert (done.done, done.failed) == ([f"made p0.10 again for network {NETWORK[:12]}: it was gone"], [])
    bench.host.kernel.remove(VLAN)
    bench.endpoint()
    assert bench.links()[LINK].get("link") == bench.links()[VLAN]["index"]
    bench.call("delete_network")
    assert set(bench.links()) == CABLE


def test_a_vlan_is_not_made_on_one_that_goes_with_its_networks_but_on_any_other(bench: Bench):
    kernel = bench.host.kernel
    bench.network(on("macvlan"))
    refused(
        bench, "p0.10 was made for other networks and goes with them; make p0.10.20 yourself", on("macvlan", "p0.10.20")
    )
    bench.call("delete_network")
    kernel.link("add", ifname=VLAN, kind="vlan", link=kernel.index(PARENT), vlan_id=10, state="up")
    bench.network(on("macvlan", "p0.10.20"))
    assert of(kernel, "p0.10.20", "vlan_id") == 20
    bench.call("delete_network")
    assert set(bench.links()) == {*CABLE, VLAN}


@pytest.mark.parametrize("who", ["docker", "somebody"])
def test_a_vlan_that_others_came_to_use_stays_and_the_log_says_why(
    bench: Bench, who: str, monkeypatch: pytest.MonkeyPatch
):
    kernel = bench.host.kernel
    bench.network(on("macvlan"))
    if who == "docker":
        monkeypatch.setattr(dockers_own, "networks", lambda namespace: [DockersOwn("macvlan", VLAN, "lan")])
    else:
        kernel.link("add", ifname="theirs", kind="macvlan", link=kernel.index(VLAN))
    bench.call("delete_network")
    assert VLAN in bench.links()
    assert not bench.links()[VLAN].get("ifalias")
    why = "Docker's own macvlan network 'lan' is on it" if who == "docker" else "theirs is on it"
    assert bench.warnings == [f"p0.10 was made for a network that is gone, and stays: {why}."]


# -- dummies


def test_a_network_without_parent_has_a_dummy_of_its_own(bench: Bench, kind: str):
    pools = [{"Pool": f"10.{number}.0.0/24", "Gateway": f"10.{number}.0.1/24"} for number in (9, 10)]
    labels = {"com.docker.network.generic": {"type": kind, "mtu": "9000"}}
    bench.call("create_network", Options=labels, IPv4Data=pools)
    dummy = bench.links()[DUMMY]
    assert (dummy.get(("linkinfo", "kind")), dummy.get("state"), dummy.get("mtu")) == ("dummy", "up", 9000)
    assert dummy.get("ifalias") == f"workshop network {NETWORK}"
    bench.endpoint()
    assert (bench.links()[LINK].get("link"), bench.links()[LINK].get("mtu")) == (dummy["index"], 9000)
    bench.endpoint("10.10.0.2/24", EndpointID=OTHER)
    for endpoint in (ENDPOINT, OTHER):
        answer = bench.call("join", EndpointID=endpoint, SandboxKey="/x")
        assert "Gateway" not in answer and answer["DisableGatewayService"] is True
    bench.network({"type": kind}, NetworkID=SECOND)
    assert naming.dummy(SECOND) in bench.links()
    bench.call("delete_network")
    bench.call("delete_network", NetworkID=SECOND)
    assert set(bench.links()) == CABLE


@pytest.mark.parametrize(
    "mode", [*(("macvlan", mode) for mode in macvlan.MODES[:2]), ("ipvlan", "l2"), ("ipvlan", "l3")]
)
def test_containers_on_a_dummy_reach_each_other_as_the_mode_says(bench: Bench, mode: tuple[str, str]):
    bench.network({"type": mode[0], "mode": mode[1]})
    with contextlib.ExitStack() as stack:
        boxes = []
        for number, endpoint in enumerate((ENDPOINT, OTHER), 2):
            bench.endpoint(f"10.9.0.{number}/24", EndpointID=endpoint)
            boxes.append(Namespace.create())
            stack.callback(boxes[-1].close)
            move(bench, naming.container_end(endpoint), boxes[-1], f"10.9.0.{number}/24")
        with server(boxes[0], "tcp", 80):
            if "private" in mode:
                assert refuses(boxes[1], "tcp", "10.9.0.2", 80)
            else:
                assert ask(boxes[1], "tcp", "10.9.0.2", 80, seconds=30) == "10.9.0.3"


def move(bench: Bench, name: str, box: Namespace, address: str) -> None:
    """Do what Docker does after Join."""
    kernel = bench.host.kernel
    kernel.link("set", index=kernel.index(name), net_ns_fd=box.descriptor)
    inside(box, "ip", "addr", "add", address, "dev", name)
    inside(box, "ip", "link", "set", name, "up")


# -- starts and leftovers


def test_at_start_what_nobody_remembers_is_removed_and_what_is_remembered_stays(bench: Bench):
    kernel = bench.host.kernel
    bench.network({"type": "macvlan"})
    bench.endpoint()
    parent = kernel.index(PARENT)
    for name, mark, number in (("wsv0123456789", None, 1), ("p0.2", SECOND, 2), ("theirs", None, 3)):
        kernel.link("add", ifname=name, kind="vlan", link=parent, vlan_id=number)
        if mark:
            kernel.link("set", index=kernel.index(name), ifalias=f"workshop network {mark}")
    kernel.link("add", ifname="wsd0123456789", kind="dummy")
    kernel.link("add", ifname="wsc0123456789", kind="macvlan", link=kernel.index(DUMMY))
    reconcile.reconcile(bench.host, bench.driver)
    assert set(bench.links()) == {*CABLE, DUMMY, LINK, "theirs"}


def test_cleanup_finds_vlans_and_dummies_and_tells_of_containers_on_them(bench: Bench, tmp_path: Path):
    bench.network(on("ipvlan"))
    bench.network(on("ipvlan"), NetworkID=THIRD)
    bench.network({"type": "macvlan"}, NetworkID=SECOND)
    bench.endpoint(NetworkID=THIRD)
    bench.call("join", NetworkID=THIRD, SandboxKey="/in/a/container")
    bench.host.kernel.remove(LINK)
    store = Store(tmp_path / "store.db")
    for key, row in bench.host.networks.items():
        store.networks.put(key, row)
    for key, row in bench.host.endpoints.items():
        store.endpoints.put(key, row)
    store.close()

    def look() -> tuple[dict[str, str], int]:
        with leftovers.find("workshop", tmp_path / "store.db", tmp_path) as found:
            assert leftovers.remove(found) == []
            return {item.name: item.about for item in found.items if item.kind == "link"}, found.in_use

    told = {VLAN: f"network {NETWORK[:12]}, containers are on it", naming.dummy(SECOND): f"network {SECOND[:12]}"}
    assert bench.host.namespace.run(look) == (told, 1)
    assert set(bench.links()) == CABLE


def test_a_network_that_is_not_remembered_is_found_by_its_mark(bench: Bench, kind: str):
    bench.network(on(kind))
    bench.host.store.networks.drop(NETWORK)
    bench.call("delete_network")
    assert set(bench.links()) == CABLE


# -- ipvlan


@pytest.mark.parametrize(
    ("mode", "flag"), [*((mode, "bridge") for mode in ipvlan.MODES), *(("l2", flag) for flag in ipvlan.FLAGS[1:])]
)
def test_an_ipvlan_link_has_the_mode_and_flag_that_were_asked_for_and_its_parent_s_mac(
    bench: Bench, mode: str, flag: str
):
    bench.network(on("ipvlan", PARENT, ipvlan_mode=mode, ipvlan_flag=flag))
    assert bench.endpoint() == {"Interface": {}}
    link, parent = bench.links()[LINK], bench.links()[PARENT]
    assert link.get("link") == parent["index"]
    assert link.get("address") == parent.get("address")
    kernel = bench.host.kernel
    assert of(kernel, LINK, "ipvlan_mode") == kinds.IPVLAN_MODES[mode]
    assert of(kernel, LINK, "ipvlan_flags") == kinds.IPVLAN_FLAGS[flag]
    assert bench.endpoint() == {"Interface": {}}
    bench.call("delete_endpoint")
    bench.call("delete_network")
    assert set(bench.links()) == CABLE


def test_ipvlan_networks_of_one_mode_share_a_parent_and_another_mode_is_refused(bench: Bench):
    bench.network(on("ipvlan", PARENT, mode="l3"))
    bench.endpoint()
    refused(
        bench,
        "^p0 cannot be the parent: network 56aaf7d6a1c0 is on it with mode and flag l3 bridge",
        on("ipvlan", PARENT),
    )
    assert of(bench.host.kernel, LINK, "ipvlan_mode") == kinds.IPVLAN_MODES["l3"], (
        "the first network's mode was changed"
    )
    bench.network(on("ipvlan", PARENT, mode="l3"), NetworkID=SECOND)


def test_an_ipvlan_link_that_somebody_put_on_the_parent_keeps_its_mode(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("add", ifname="theirs", kind="ipvlan", link=kernel.index(PARENT), ipvlan_mode=1, ipvlan_flags=0)
    refused(bench, "^p0 cannot be the parent: theirs is on it, an ipvlan link with another mode", on("ipvlan", PARENT))
    assert of(kernel, "theirs", "ipvlan_mode") == 1
    bench.network(on("ipvlan", PARENT, mode="l3"))


@pytest.mark.parametrize(("first", "second"), [("macvlan", "ipvlan"), ("ipvlan", "macvlan")])
def test_a_parent_that_carries_links_of_the_other_kind_is_refused_with_the_reason(
    bench: Bench, first: str, second: str
):
    kernel = bench.host.kernel
    bench.network(on(first, PARENT))
    refused(
        bench, f"network 56aaf7d6a1c0 of type {first} is on it, and a link carries macvlan or ipv", on(second, PARENT)
    )
    bench.call("delete_network")
    kernel.link("add", ifname="theirs", kind=first, link=kernel.index(PARENT))
    refused(bench, "^p0 cannot be the parent: something takes in all that it receives already", on(second, PARENT))


def test_a_link_that_is_no_ethernet_is_no_parent(bench: Bench, kind: str):
    bench.host.kernel.link("add", ifname="tunnel", kind="wireguard")
    refused(bench, "^tunnel cannot be the parent: it is not an Ethernet link$", on(kind, "tunnel"))


def test_endpoints_of_both_kinds_are_removed_with_their_network(bench: Bench, kind: str):
    bench.network(on(kind))
    bench.endpoint()
    bench.endpoint("10.9.0.3/24", EndpointID=OTHER)
    assert len({LINK, naming.container_end(OTHER)} & set(bench.links())) == 2
    bench.call("delete_network")
    assert set(bench.links()) == CABLE
    assert not bench.host.endpoints and not bench.host.networks
    bench.call("delete_endpoint")
    assert ENDPOINT not in bench.host.endpoints


# -- death


def first_is_created(bench: Bench) -> None:
    bench.network(on("ipvlan"))


def second_is_created(bench: Bench) -> None:
    bench.network(on("ipvlan"), NetworkID=SECOND)


def first_is_deleted(bench: Bench) -> None:
    bench.call("delete_network")


DEATHS = {
    "the first network of a VLAN is created": ([], first_is_created, {}, CABLE),
    "the second one is created": ([first_is_created], second_is_created, {VLAN: NETWORK}, {*CABLE, VLAN}),
    "the first goes and the second stays": (
        [first_is_created, second_is_created],
        first_is_deleted,
        {VLAN: SECOND},
        {*CABLE, VLAN},
    ),
    "the last one goes": ([first_is_created], first_is_deleted, {}, CABLE),
}
"""What was done before, what the plugin dies in, whose the VLAN is after the next start, and which links there are."""


@pytest.mark.parametrize("what", DEATHS)
def test_whatever_step_the_plugin_dies_in_a_vlan_is_there_for_those_that_need_it(
    bench: Bench, what: str, monkeypatch: pytest.MonkeyPatch
):
    before, dying, marks, left = DEATHS[what]
    host = bench.host
    route, about = ("delete_network", NETWORK) if dying is first_is_deleted else ("create_network", "")
    about = about or (NETWORK if dying is first_is_created else SECOND)
    for dies_at in STEPS:
        for step in before:
            step(bench)
        host.store.calls.put("one", {"route": route, "NetworkID": about, "EndpointID": None})
        process = SimpleNamespace(plugin=SimpleNamespace(host=host), journal=SimpleNamespace(append=lambda *_: None))
        reached = die_at(process, dies_at, monkeypatch)
        with contextlib.suppress(Killed):
            dying(bench)
        monkeypatch.undo()
        if not reached():
            break
        done = reconcile.reconcile(host, bench.driver)
        assert done.failed == []
        assert set(bench.links()) == left, dies_at
        assert {name: bench.links()[name].get("ifalias") for name in marks} == {
            name: f"workshop network {network}" for name, network in marks.items()
        }
        assert about not in host.networks
        for network in list(host.networks):
            bench.call("delete_network", NetworkID=network)
        assert set(bench.links()) == CABLE
    assert dies_at > 2, "each of these takes some steps"
