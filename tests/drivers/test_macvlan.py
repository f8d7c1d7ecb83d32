"""The macvlan driver, in a network namespace of the test's own, with one end of a cable as the parent."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.driver import ENDPOINT, NETWORK, Bench
from tests.support.on_parent import FAR_END, PARENT, lay_cable, of
from tests.support.shell import path_of
from workshop.drivers import dockers_own, macvlan, naming, parent_link, reconcile
from workshop.drivers.dockers_own import DockersOwn
from workshop.errors import PluginError
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
LINK, OTHER, SECOND = "wsc1738df3e5a", "27" * 32, "b7" * 32
ON = {"parent": PARENT}


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.driver = macvlan  # type: ignore[assignment]
    bench.host.default_type = "macvlan"
    lay_cable(bench.host.kernel)
    return bench


def refused(bench: Bench, said: str, options: dict, network: str = SECOND) -> None:
    """Creating a network with these options fails, says so, and leaves nothing."""
    before, rows = set(bench.links()), set(bench.host.networks)
    with pytest.raises(PluginError, match=said):
        bench.network(options, NetworkID=network)
    assert set(bench.links()) == before
    assert set(bench.host.networks) == rows


# -- networks and endpoints


def test_a_network_makes_no_link_and_leaves_its_parent_as_it_is(bench: Bench):
    before = bench.links()[PARENT]
    bench.network(ON)
    assert set(bench.links()) == {PARENT, FAR_END}
    after = bench.links()[PARENT]
    assert [after.get(key) for key in ("address", "mtu", "flags", "ifalias")] == [
        before.get(key) for key in ("address", "mtu", "flags", "ifalias")
    ]
    bench.call("delete_network")
    assert set(bench.links()) == {PARENT, FAR_END}
    assert not bench.host.networks


@pytest.mark.parametrize("mode", macvlan.MODES)
def test_an_endpoint_is_a_link_on_the_parent_in_the_mode_that_was_asked_for(bench: Bench, mode: str):
    bench.network({**ON, "mode": mode})
    bench.endpoint()
    link = bench.links()[LINK]
    assert link.get(("linkinfo", "kind")) == "macvlan"
    assert link.get("link") == bench.links()[PARENT]["index"]
    assert of(bench.host.kernel, LINK, "macvlan_mode") == mode
    assert link.get("ifalias") == f"workshop endpoint {ENDPOINT}"
    bench.call("delete_endpoint")
    assert set(bench.links()) == {PARENT, FAR_END}


def test_the_names_of_docker_s_own_driver_mean_the_same_and_nothing_means_the_default(bench: Bench):
    bench.network({**ON, "macvlan_mode": "private", "com.docker.network.driver.mtu": "1400", "type": "macvlan"})
    bench.endpoint()
    assert of(bench.host.kernel, LINK, "macvlan_mode") == "private"
    assert bench.links()[LINK].get("mtu") == 1400
    bench.network({**ON, "macvlan_mode": ""}, NetworkID=SECOND)
    assert bench.warnings == []


def test_a_mode_that_does_not_exist_is_refused_with_those_that_do(bench: Bench):
    refused(bench, "^option mode: 'trunk' is not valid; expected bridge, private, vepa or passthru$", {"mode": "trunk"})


def test_without_mtu_a_link_has_the_parent_s_and_never_more(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("set", index=kernel.index(PARENT), mtu=1300)
    bench.network(ON)
    bench.endpoint()
    assert bench.links()[LINK].get("mtu") == 1300
    refused(bench, r"^option mtu: 1400 is more than the parent p0 carries \(1300\)$", {**ON, "mtu": "1400"})
    with pytest.raises(PluginError, match="mtu: 1200 is too small; IPv6 needs at least 1280"):
        bench.network({**ON, "mtu": "1200"}, NetworkID=SECOND, IPv6Data=[{"Pool": "fd00:9::/64"}])


def test_a_mac_is_answered_only_where_none_was_given_and_is_the_same_for_the_same_address(bench: Bench):
    bench.network(ON)
    chosen = bench.endpoint()["Interface"]["MacAddress"]
    assert bench.links()[LINK].get("address") == chosen
    bench.call("delete_endpoint")
    assert bench.endpoint(EndpointID=OTHER)["Interface"]["MacAddress"] == chosen
    given = {"Address": "10.9.0.3/24", "MacAddress": "02:42:0a:09:00:03"}
    assert bench.call("create_endpoint", Interface=given) == {"Interface": {}}
    assert bench.links()[LINK].get("address") == "02:42:0a:09:00:03"


@pytest.mark.parametrize("mac", ["01:42:0a:09:00:03", "00:00:00:00:00:00", "02:42", "02-42-0a-09-00-03"])
def test_a_mac_that_no_link_can_have_is_refused(bench: Bench, mac: str):
    bench.network(ON)
    with pytest.raises(PluginError, match=f"^Interface.MacAddress: '{mac}' is not valid; expected one such as"):
        bench.call("create_endpoint", Interface={"Address": "10.9.0.3/24", "MacAddress": mac})
    assert set(bench.links()) == {PARENT, FAR_END}


def test_a_mac_that_is_in_use_on_the_parent_is_refused_and_one_of_a_lost_container_is_not(bench: Bench):
    bench.network(ON)
    bench.network({**ON, "mode": "vepa"}, NetworkID=SECOND)
    asked = {"Address": "10.9.0.3/24", "MacAddress": "02:42:0A:09:00:03"}
    bench.call("create_endpoint", Interface=asked)
    other = {"NetworkID": SECOND, "EndpointID": OTHER, "Interface": {**asked, "MacAddress": "02:42:0a:09:00:03"}}
    with pytest.raises(PluginError, match="02:42:0a:09:00:03 is taken by endpoint 1738df3e5a7c, on p0 too"):
        bench.call("create_endpoint", **other)
    bench.host.kernel.remove(LINK)
    assert bench.call("create_endpoint", **other) == {"Interface": {}}
    own = bench.links()[PARENT].get("address")
    with pytest.raises(PluginError, match=f"{own} is that of the parent p0"):
        bench.call("create_endpoint", Interface={"Address": "10.9.0.4/24", "MacAddress": own})


def test_creating_twice_gives_one_network_and_one_endpoint_with_the_same_answer(bench: Bench):
    bench.network(ON)
    bench.network(ON)
    first = bench.endpoint()
    index = bench.links()[LINK]["index"]
    assert bench.endpoint() == first
    assert bench.links()[LINK]["index"] == index, "a link that a container may use was made anew"
    for _ in range(2):
        bench.call("delete_endpoint")
    for _ in range(2):
        bench.call("delete_network")
    assert set(bench.links()) == {PARENT, FAR_END}


def test_an_endpoint_whose_link_cannot_be_marked_is_taken_back(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    bench.network(ON)
    monkeypatch.setattr(naming, "alias", lambda *_: "x" * 400)
    with pytest.raises(Exception, match="Invalid argument|Numerical result"):
        bench.endpoint()
    assert set(bench.links()) == {PARENT, FAR_END}
    assert not bench.host.endpoints


def test_ports_are_not_published_and_the_log_says_how_the_container_is_reached(bench: Bench):
    bench.network(ON)
    bench.endpoint()
    ports = {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]}
    assert bench.call("program_external_connectivity", Options=ports) == {}
    assert bench.warnings == [
        "Ports are not published on such a network: 80 can be reached at 10.9.0.2, but not from this host."
    ]
    bench.call("program_external_connectivity", Options={})
    assert len(bench.warnings) == 1
    assert bench.call("revoke_external_connectivity") == {}
    assert bench.rules() == ""


def test_oper_info_tells_parent_mode_and_where_the_link_is(bench: Bench):
    bench.network({**ON, "mode": "vepa"})
    mac = bench.endpoint()["Interface"]["MacAddress"]
    told = {
        "parent": PARENT,
        "parent_state": "up",
        "mode": "vepa",
        "container_link": LINK,
        "address": "10.9.0.2/24",
        "address_ipv6": "",
        "mac_address": mac,
        "sandbox": "",
        "state": "down",
        "mtu": 1500,
    }
    assert bench.call("endpoint_oper_info")["Value"] == told
    sandbox = Namespace.create()
    bench.call("join", SandboxKey=path_of(sandbox))
    move(bench, sandbox)
    said = bench.call("endpoint_oper_info")["Value"]
    assert said == {**told, "sandbox": path_of(sandbox), "state": "in the container"}
    sandbox.close()


# -- what Join answers

V6 = [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}]


def test_join_names_the_link_the_gateways_and_the_routes(bench: Bench):
    bench.network({**ON, "prefix": "lan", "routes": "10.200.0.0/16 via 10.9.0.9"}, IPv6Data=V6)
    bench.call("create_endpoint", Interface={"Address": "10.9.0.2/24", "AddressIPv6": "fd00:9::2/64"})
    assert bench.call("join", SandboxKey="/x") == {
        "InterfaceName": {"SrcName": LINK, "DstPrefix": "lan"},
        "Gateway": "10.9.0.1",
        "GatewayIPv6": "fd00:9::1",
        "StaticRoutes": [{"Destination": "10.200.0.0/16", "RouteType": 0, "NextHop": "10.9.0.9"}],
        "DisableGatewayService": True,
    }


def test_of_several_subnets_a_container_gets_the_gateway_of_its_own(bench: Bench):
    pools = [
        {"Pool": "10.9.0.0/24"},
        {"Pool": "10.10.0.0/24", "Gateway": "10.10.0.254/24"},
    ]
    six = [{"Pool": "fd00:9::/64"}, {"Pool": "fd00:10::/64", "Gateway": "fd00:10::fe/64"}]
    bench.call("create_network", Options={"com.docker.network.generic": ON}, IPv4Data=pools, IPv6Data=six)
    bench.call("create_endpoint", Interface={"Address": "10.9.0.2/24", "AddressIPv6": "fd00:9::2/64"})
    bench.call(
        "create_endpoint", EndpointID=OTHER, Interface={"Address": "10.10.0.2/24", "AddressIPv6": "fd00:10::2/64"}
    )
    first = bench.call("join", SandboxKey="/x")
    assert "Gateway" not in first and "GatewayIPv6" not in first
    second = bench.call("join", EndpointID=OTHER, SandboxKey="/y")
    assert (second["Gateway"], second["GatewayIPv6"]) == ("10.10.0.254", "fd00:10::fe")


@pytest.mark.parametrize("way", ["internal", "gateway=false"])
def test_where_no_way_is_to_lead_out_there_is_no_gateway_nor_one_of_docker_s(bench: Bench, way: str):
    options = {**ON, **({"gateway": "false"} if way != "internal" else {})}
    labels = {"com.docker.network.internal": way == "internal"}
    bench.network(options, labels=labels)
    bench.endpoint()
    answer = bench.call("join", SandboxKey="/x")
    assert "Gateway" not in answer
    assert answer["DisableGatewayService"] is True
    told = [text for text in bench.warnings if "still reach whatever is in their subnet" in text]
    assert bool(told) is (way == "internal")
    asked = {"com.docker.network.generic": options, **labels}
    assert bench.call("gw_alloc_check", Options=asked) == {"SkipIPv4": True, "SkipIPv6": True}


def test_a_gateway_is_wanted_only_with_a_parent(bench: Bench):
    asked = {"com.docker.network.generic": ON}
    assert bench.call("gw_alloc_check", Options=asked) == {"SkipIPv4": False, "SkipIPv6": False}
    assert bench.call("gw_alloc_check", Options={}) == {"SkipIPv4": True, "SkipIPv6": True}


def test_a_whole_name_for_the_interface_cannot_be_had_from_docker_and_the_log_says_so(bench: Bench):
    bench.network(ON)
    bench.endpoint(Options={"com.docker.network.endpoint.ifname": "wan0"})
    assert bench.warnings == [
        "The interface is not called wan0: Docker takes no whole names from plugins, but -o prefix= works."
    ]
    assert "DstName" not in bench.call("join", SandboxKey="/x")["InterfaceName"]


# -- parents that will not do


def test_a_parent_that_is_not_there_is_named_with_those_that_are(bench: Bench):
    refused(bench, "^option parent: there is no link eth7; there are p0, p1$", {"parent": "eth7"})
    said = "^option parent: there is no link eth7.10, nor eth7, of which it could be a VLAN; there are p0, p1$"
    refused(bench, said, {"parent": "eth7.10"})


@pytest.mark.parametrize("number", ["0", "4095", "99999", "x", ""])
def test_a_vlan_that_does_not_exist_is_refused(bench: Bench, number: str):
    refused(
        bench,
        rf"^option parent: 'p0\.{number}' is not valid; expected a VLAN from 1 to 4094, as in p0\.10$",
        {"parent": f"p0.{number}"},
    )


@pytest.mark.parametrize("name", ["a name", "a/b", "a:1", "sixteencharacter", ".."])
def test_what_no_link_can_be_called_is_refused(bench: Bench, name: str):
    refused(bench, "^option parent: '.*' is not valid; expected the name of a link of the host", {"parent": name})


def test_a_parent_that_is_down_is_named_for_a_network_and_for_an_endpoint(bench: Bench):
    kernel = bench.host.kernel
    bench.network(ON)
    kernel.link("set", index=kernel.index(PARENT), state="down")
    said = "^the parent p0 is down: `ip link set p0 up` brings it up$"
    refused(bench, said, ON)
    refused(bench, said, {"parent": "p0.10"})
    with pytest.raises(PluginError, match=said):
        bench.endpoint()
    kernel.link("set", index=kernel.index(PARENT), state="up")
    bench.endpoint()
    assert LINK in bench.links()


def test_the_loopback_link_is_no_parent(bench: Bench):
    refused(bench, "^lo cannot be the parent: it is the loopback link", {"parent": "lo"})
    refused(bench, r"^lo\.10 cannot be the parent: lo is the loopback link", {"parent": "lo.10"})


def test_the_port_of_a_bridge_is_no_parent_and_the_bridge_is_named(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("add", ifname="br0", kind="bridge", state="up")
    kernel.link("set", index=kernel.index(PARENT), master=kernel.index("br0"))
    refused(bench, "^p0 cannot be the parent: it is a port of br0, .*; use br0 instead$", ON)
    bench.network({"parent": "br0"})
    bench.endpoint()
    assert bench.links()[LINK].get("link") == kernel.index("br0")


def test_what_another_plugin_or_network_made_is_no_parent(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("add", ifname="wsbridge", kind="bridge", state="up")
    for mark, said in (
        (f"workshop network {SECOND} of other", "the plugin other made it for its own networks"),
        (f"workshop network {SECOND}", "it belongs to network b7b7b7b7b7b7, and goes with it"),
    ):
        kernel.link("set", index=kernel.index("wsbridge"), ifalias=mark)
        refused(bench, f"^wsbridge cannot be the parent: {said}", {"parent": "wsbridge"}, NETWORK)


def test_an_endpoint_on_a_parent_that_is_gone_is_refused_by_its_name(bench: Bench):
    bench.network(ON)
    bench.host.kernel.remove(PARENT)
    with pytest.raises(PluginError, match="^option parent: there is no link p0$"):
        bench.endpoint()


# -- who may share a parent


def test_networks_share_a_parent_and_the_first_to_go_leaves_it_to_the_second(bench: Bench):
    bench.network(ON)
    bench.network({**ON, "mode": "private"}, NetworkID=SECOND)
    bench.endpoint()
    bench.endpoint("10.10.0.2/24", NetworkID=SECOND, EndpointID=OTHER)
    bench.call("delete_network")
    assert set(bench.links()) == {PARENT, FAR_END, naming.container_end(OTHER)}
    bench.call("delete_network", NetworkID=SECOND)
    assert set(bench.links()) == {PARENT, FAR_END}


def test_passthru_takes_no_parent_that_another_network_is_on(bench: Bench):
    bench.network(ON)
    said = "^p0 cannot be the parent: mode passthru wants it for itself, and network 56aaf7d6a1c0 is on it$"
    refused(bench, said, {**ON, "mode": "passthru"})


def test_passthru_shares_its_parent_with_no_network_that_comes_later(bench: Bench):
    bench.network({**ON, "mode": "passthru"})
    said = r"^p0 cannot be the parent: network 56aaf7d6a1c0 has it for itself \(mode passthru\)$"
    refused(bench, said, ON)
    refused(bench, ": mode passthru wants it for itself", {**ON, "mode": "passthru"})
    bench.call("delete_network")
    bench.network(ON, NetworkID=SECOND)


def test_a_parent_of_two_names_is_one_parent(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("property_add", index=kernel.index(PARENT), altname="wan0")
    bench.network({**ON, "mode": "passthru"})
    refused(bench, "has it for itself", {"parent": "wan0"})


def test_passthru_carries_one_container_which_has_the_parent_s_mac(bench: Bench):
    bench.network({**ON, "mode": "passthru"})
    assert bench.endpoint() == {"Interface": {}}
    assert bench.links()[LINK].get("address") == bench.links()[PARENT].get("address")
    with pytest.raises(PluginError, match="^p0 cannot be the parent: in mode passthru a parent carries one container"):
        bench.endpoint("10.9.0.3/24", EndpointID=OTHER)
    bench.call("delete_endpoint")
    bench.endpoint("10.9.0.3/24", EndpointID=OTHER)


def test_links_that_somebody_put_on_the_parent_by_hand_count_too(bench: Bench):
    kernel = bench.host.kernel
    kernel.link("add", ifname="theirs", kind="macvlan", link=kernel.index(PARENT), macvlan_mode="bridge")
    refused(bench, "in mode passthru a parent carries one container and nothing else", {**ON, "mode": "passthru"})
    bench.network(ON)
    bench.call("delete_network")
    kernel.remove("theirs")
    kernel.link("add", ifname="theirs", kind="macvlan", link=kernel.index(PARENT), macvlan_mode="passthru")
    refused(bench, "^p0 cannot be the parent: a macvlan link in mode passthru has it for itself$", ON)


def test_a_parent_of_docker_s_own_networks_is_refused_by_their_name(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dockers_own, "networks", lambda namespace: [DockersOwn("ipvlan", PARENT, "lan")])
    refused(bench, "^p0 cannot be the parent: Docker's own ipvlan network 'lan' is on it", ON)
    bench.network({"parent": FAR_END})


def test_of_networks_that_are_created_at_once_passthru_gets_the_parent_alone_or_not_at_all(bench: Bench):
    ready = threading.Barrier(6)

    def create(number: int) -> str | None:
        ready.wait(10)
        try:
            bench.network({**ON, "mode": "passthru" if number % 2 else "bridge"}, NetworkID=f"{number}a" * 32)
        except PluginError:
            return None
        return "passthru" if number % 2 else "bridge"

    with ThreadPoolExecutor(6) as pool:
        made = [mode for mode in pool.map(create, range(6)) if mode]
    assert made in (["passthru"], ["bridge"] * 3)
    assert len(bench.host.networks) == len(made)


# -- containers that are gone


def move(bench: Bench, sandbox: Namespace, name: str = LINK) -> None:
    """Do what Docker does after Join."""
    kernel = bench.host.kernel
    kernel.link("set", index=kernel.index(name), net_ns_fd=sandbox.descriptor)


def test_a_link_in_a_container_is_not_lost_while_its_sandbox_is_there(bench: Bench, tmp_path):
    sandbox, key = Namespace.create(), tmp_path / "sandbox"
    key.symlink_to(path_of(sandbox))
    bench.network(ON)
    assert bench.endpoint()["Interface"]["MacAddress"]
    first = bench.call("join", SandboxKey=str(key))
    move(bench, sandbox)
    assert not macvlan.is_lost(ENDPOINT, bench.host)
    assert bench.endpoint()["Interface"], "a retry gives the same answer"
    assert LINK not in bench.links(), "a link that a container uses was made anew"
    assert bench.call("join", SandboxKey=str(key)) == first
    key.unlink()
    sandbox.close()
    assert macvlan.is_lost(ENDPOINT, bench.host)
    assert reconcile.forget_lost_endpoints(bench.host) == [ENDPOINT]


def test_where_the_sandbox_cannot_be_seen_a_joined_endpoint_is_not_given_up(bench: Bench):
    bench.network(ON)
    bench.endpoint()
    bench.call("join", SandboxKey="/nowhere/that/is/seen")
    bench.host.kernel.remove(LINK)
    assert not macvlan.is_lost(ENDPOINT, bench.host)
    bench.call("leave")
    assert macvlan.is_lost(ENDPOINT, bench.host)


def test_an_endpoint_that_was_lost_without_farewell_gives_its_address_back(bench: Bench):
    bench.network(ON)
    bench.endpoint()
    bench.call("join", SandboxKey="/nowhere/that/is/seen")
    bench.host.kernel.remove(LINK)
    bench.endpoint(EndpointID=OTHER)
    assert set(bench.host.endpoints) == {OTHER}


def test_at_start_half_made_links_go_and_those_that_are_remembered_stay(bench: Bench):
    kernel = bench.host.kernel
    bench.network(ON)
    bench.endpoint()
    kernel.link("add", ifname="wsc0123456789", kind="macvlan", link=kernel.index(PARENT))
    kernel.link("add", ifname="wsc9876543210", kind="macvlan", link=kernel.index(PARENT))
    kernel.link("set", index=kernel.index("wsc9876543210"), ifalias=f"workshop endpoint {OTHER}")
    done = reconcile.reconcile(bench.host, bench.driver)
    assert set(bench.links()) == {PARENT, FAR_END, LINK}
    assert done.failed == []
    assert sorted(done.done) == [
        "removed wsc0123456789: it was half made",
        "removed wsc9876543210: no endpoint 272727272727 is remembered",
    ]


def test_at_start_a_network_whose_parent_is_gone_is_told_and_one_whose_parent_is_down_is_let_be(bench: Bench):
    kernel = bench.host.kernel
    bench.network(ON)
    kernel.link("set", index=kernel.index(PARENT), state="down")
    assert reconcile.reconcile(bench.host, bench.driver).failed == []
    kernel.remove(PARENT)
    assert reconcile.reconcile(bench.host, bench.driver).failed == [
        "network 56aaf7d6a1c0 cannot be made again: option parent: there is no link p0"
    ]


# -- where the kernel lacks something


def lacks(bench: Bench, *kinds: str) -> None:
    """Let the kernel refuse links of these kinds as one does that does not know them."""
    real = bench.host.kernel.link

    def link(verb: str, **about: object) -> object:
        if verb == "add" and about.get("kind") in kinds:
            raise parent_link.NetlinkError(95, "Operation not supported")
        return real(verb, **about)

    bench.host.kernel.link = link


@pytest.mark.parametrize(
    ("missing", "options", "said"),
    [
        (["macvlan"], ON, "^this kernel has no macvlan links. Load it with `sudo modprobe macvlan`, or use a kernel"),
        (["vlan"], {"parent": "p0.10"}, r"^p0\.10 cannot be made: this kernel has no VLAN links. .*modprobe 8021q"),
        (["dummy"], {}, "^a network without -o parent= needs a dummy, and this kernel has no dummy links. "),
        (["dummy", "macvlan"], {}, "^this kernel has no macvlan links. "),
    ],
)
def test_what_the_kernel_lacks_is_said_in_one_sentence(bench: Bench, missing: list, options: dict, said: str):
    lacks(bench, *missing)
    refused(bench, said, options)
