"""The ipvlan driver, as far as it can be tested where the kernel has no ipvlan: the rest is in tests/vm/inside."""

from __future__ import annotations

import pytest

from tests.support.driver import ENDPOINT, NETWORK, Bench
from tests.support.on_parent import FAR_END, PARENT, lay_cable
from workshop import drivers
from workshop.drivers import dockers_own, ipvlan, parents
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError

pytestmark = pytest.mark.kernel
SECOND = "b7" * 32
GENERIC = "com.docker.network.generic"
ON = {"parent": PARENT}
POOLS = {
    "IPv4Data": [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}, {"Pool": "10.10.0.0/24"}],
    "IPv6Data": [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}],
}


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.driver = ipvlan  # type: ignore[assignment]
    bench.host.default_type = "ipvlan"
    lay_cable(bench.host.kernel)
    return bench


def remembered(bench: Bench, options: dict, network: str = NETWORK, **more: object) -> None:
    """A network with one container, of which the plugin knows from before its start."""
    store = bench.host.store
    store.networks.put(network, {"NetworkID": network, "Options": {GENERIC: options}, **POOLS, **more})
    interface = {"Address": "10.9.0.2/24", "AddressIPv6": "fd00:9::2/64"}
    store.endpoints.put(ENDPOINT, {"NetworkID": network, "EndpointID": ENDPOINT, "Interface": interface})


def has_no_ipvlan(bench: Bench) -> None:
    """Let the kernel refuse ipvlan as one does that does not know it."""
    real = bench.host.kernel.link

    def link(verb: str, **about: object) -> object:
        if verb == "add" and about.get("kind") == "ipvlan":
            raise NetlinkError(95, "Operation not supported")
        return real(verb, **about)

    bench.host.kernel.link = link


def test_where_the_kernel_has_no_ipvlan_one_sentence_says_so_and_nothing_is_left(bench: Bench):
    has_no_ipvlan(bench)
    for options in (ON, {}):
        with pytest.raises(PluginError) as refused:
            bench.network(options)
        assert str(refused.value) == (
            "this kernel has no ipvlan links. Load it with `sudo modprobe ipvlan`, or use a kernel that has it."
        )
        assert set(bench.links()) == {PARENT, FAR_END}
        assert not bench.host.networks


@pytest.mark.parametrize(
    ("options", "mode", "settings"),
    [
        ({}, "l2 bridge", {"ipvlan_mode": 0, "ipvlan_flags": 0}),
        ({"mode": "l3", "flag": "private"}, "l3 private", {"ipvlan_mode": 1, "ipvlan_flags": 1}),
        ({"ipvlan_mode": "l3s", "ipvlan_flag": "vepa"}, "l3s vepa", {"ipvlan_mode": 2, "ipvlan_flags": 2}),
        ({"ipvlan_mode": "", "ipvlan_flag": ""}, "l2 bridge", {"ipvlan_mode": 0, "ipvlan_flags": 0}),
    ],
)
def test_mode_and_flag_are_the_kernel_s_and_have_the_names_of_docker_s_own_driver_too(
    bench: Bench, options: dict, mode: str, settings: dict
):
    asked = {"Options": {GENERIC: {**ON, **options}}}
    _, chosen = ipvlan._read({**asked, **POOLS}, bench.host)
    wanted = parents.use("ipvlan", NETWORK, chosen)
    assert (wanted.mode, wanted.settings) == (mode, settings)
    assert bench.warnings == []


@pytest.mark.parametrize(("name", "value"), [("mode", "l4"), ("flag", "trunk")])
def test_a_mode_or_flag_that_does_not_exist_is_refused_with_those_that_do(bench: Bench, name: str, value: str):
    with pytest.raises(PluginError, match=f"^option {name}: '{value}' is not valid; expected .* or "):
        bench.network({**ON, name: value})


def test_a_mac_cannot_be_had_and_the_error_says_why(bench: Bench):
    remembered(bench, ON)
    asked = {"Address": "10.9.0.3/24", "MacAddress": "02:42:0a:09:00:03"}
    with pytest.raises(PluginError, match="02:42:0a:09:00:03 cannot be had: all on an ipvlan network have their par"):
        bench.call("create_endpoint", EndpointID="27" * 32, Interface=asked)


def test_in_l2_join_answers_gateways_and_no_second_way_out(bench: Bench):
    remembered(bench, ON)
    assert bench.call("join", SandboxKey="/x") == {
        "InterfaceName": {"SrcName": "wsc1738df3e5a", "DstPrefix": "eth"},
        "Gateway": "10.9.0.1",
        "GatewayIPv6": "fd00:9::1",
        "StaticRoutes": [],
        "DisableGatewayService": True,
    }


def test_in_l2_a_container_gets_no_gateway_of_a_subnet_that_is_not_its_own(bench: Bench):
    remembered(bench, ON)
    bench.host.keep(ENDPOINT, Interface={"Address": "10.10.0.2/24"})
    answer = bench.call("join", SandboxKey="/x")
    assert "Gateway" not in answer and "GatewayIPv6" not in answer


@pytest.mark.parametrize("mode", ["l3", "l3s"])
def test_in_l3_the_default_route_is_the_link_itself_and_no_gateway_is_wanted(bench: Bench, mode: str):
    remembered(bench, {**ON, "mode": mode, "routes": "10.200.0.0/16"})
    assert bench.call("join", SandboxKey="/x") == {
        "InterfaceName": {"SrcName": "wsc1738df3e5a", "DstPrefix": "eth"},
        "StaticRoutes": [
            {"Destination": "0.0.0.0/0", "RouteType": 1},
            {"Destination": "::/0", "RouteType": 1},
            {"Destination": "10.200.0.0/16", "RouteType": 1},
        ],
        "DisableGatewayService": True,
    }
    asked = {GENERIC: {**ON, "mode": mode}}
    assert bench.call("gw_alloc_check", Options=asked) == {"SkipIPv4": True, "SkipIPv6": True}
    assert bench.call("gw_alloc_check", Options={GENERIC: ON}) == {"SkipIPv4": False, "SkipIPv6": False}


def test_in_l3_a_container_of_one_ip_version_gets_no_route_of_the_other(bench: Bench):
    remembered(bench, {**ON, "mode": "l3"})
    bench.host.keep(ENDPOINT, Interface={"AddressIPv6": "fd00:9::2/64"})
    assert bench.call("join", SandboxKey="/x")["StaticRoutes"] == [{"Destination": "::/0", "RouteType": 1}]


@pytest.mark.parametrize(
    ("options", "internal"), [({}, False), (ON, True), ({**ON, "gateway": "false"}, False)], ids=str
)
def test_where_no_way_is_to_lead_out_l3_routes_to_the_other_subnets_alone(bench: Bench, options: dict, internal: bool):
    labels = {GENERIC: {**options, "mode": "l3"}, "com.docker.network.internal": internal}
    remembered(bench, {}, Options=labels)
    answer = bench.call("join", SandboxKey="/x")
    assert answer["StaticRoutes"] == [{"Destination": "10.10.0.0/24", "RouteType": 1}]
    assert "Gateway" not in answer and answer["DisableGatewayService"] is True
    remembered(bench, {}, Options={**labels, GENERIC: {**options, "mode": "l2"}})
    answer = bench.call("join", SandboxKey="/x")
    assert answer["StaticRoutes"] == [] and "Gateway" not in answer


# -- who may share a parent


def test_networks_on_one_parent_have_the_same_mode_and_flag(bench: Bench):
    remembered(bench, {**ON, "mode": "l3"})
    for options in ({"mode": "l2"}, {"mode": "l3", "flag": "private"}):
        with pytest.raises(PluginError, match="^p0 cannot be the parent: network 56aaf7d6a1c0 is on it with mode and"):
            bench.network({**ON, **options}, NetworkID=SECOND)
    assert set(bench.host.networks) == {NETWORK}


@pytest.mark.parametrize(("first", "second"), [("macvlan", "ipvlan"), ("ipvlan", "macvlan")])
def test_macvlan_and_ipvlan_on_one_parent_are_refused_with_the_reason(bench: Bench, first: str, second: str):
    bench.driver = drivers.load("all")
    remembered(bench, {**ON, "type": first})
    with pytest.raises(PluginError) as refused:
        bench.network({**ON, "type": second}, NetworkID=SECOND)
    assert str(refused.value) == (
        f"p0 cannot be the parent: network 56aaf7d6a1c0 of type {first} is on it, "
        "and a link carries macvlan or ipvlan, never both: each takes in all that it receives"
    )
    assert set(bench.host.networks) == {NETWORK}


def test_a_network_of_a_kind_that_names_no_parent_is_in_nobody_s_way(bench: Bench):
    """Of a bridge network, `parent` is an option that is not known."""
    bench.driver = drivers.load("all")
    bench.host.default_type = "bridge"
    remembered(bench, ON)
    bench.network({**ON, "type": "macvlan", "mode": "passthru"}, NetworkID=SECOND)
    assert set(bench.host.networks) == {NETWORK, SECOND}


def test_what_the_drivers_need_of_docker_s_own_is_of_the_same_kinds():
    assert set(dockers_own.KINDS) <= set(drivers.DRIVERS)
