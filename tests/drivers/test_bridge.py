"""The bridge driver, in a network namespace of the test's own."""

from __future__ import annotations

import pytest

from tests.support.driver import ENDPOINT, NETWORK
from workshop.drivers import bridge
from workshop.errors import PluginError
from workshop.kernel import programs

pytestmark = pytest.mark.kernel
BRIDGE, HOST_END, CONTAINER_END = "wsb56aaf7d6a1", "wsh1738df3e5a", "wsc1738df3e5a"


def test_a_network_is_a_bridge_that_is_up_with_the_gateways_address(bench):
    bench.network()
    assert bench.links()[BRIDGE].get("state") == "up"
    assert bench.links()[BRIDGE].get(("linkinfo", "kind")) == "bridge"
    assert bench.addresses(BRIDGE) == {"10.9.0.1/24"}


def test_a_bridge_keeps_its_mac_when_ports_come_and_go(bench):
    bench.network()
    before = bench.links()[BRIDGE].get("address")
    bench.endpoint()
    assert bench.links()[BRIDGE].get("address") == before
    bench.call("delete_endpoint")
    assert bench.links()[BRIDGE].get("address") == before


def test_a_dual_stack_network_has_both_gateways_at_once(bench):
    bench.network(IPv6Data=[{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}])
    assert bench.addresses(BRIDGE) == {"10.9.0.1/24", "fd00:9::1/64"}


def test_a_network_of_ipv6_alone_works(bench):
    bench.call("create_network", IPv4Data=[], IPv6Data=[{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}])
    bench.call("create_endpoint", Interface={"AddressIPv6": "fd00:9::2/64"})
    answer = bench.call("join", SandboxKey="/x")
    assert answer["GatewayIPv6"] == "fd00:9::1"
    assert "Gateway" not in answer


def test_everything_is_gone_when_a_network_is_deleted_and_deleting_again_is_harmless(bench):
    before = bench.rules()
    bench.network()
    bench.endpoint()
    bench.call("delete_endpoint")
    bench.call("delete_network")
    assert bench.links() == {}
    assert bench.rules() == before == ""
    assert not bench.host.networks and not bench.host.endpoints
    bench.call("delete_endpoint")
    bench.call("delete_network")


def test_creating_twice_gives_one_network_and_one_endpoint_with_the_same_answer(bench):
    bench.network()
    bench.network()
    first = bench.endpoint()
    index = bench.links()[HOST_END]["index"]
    assert bench.endpoint() == first
    assert bench.links()[HOST_END]["index"] == index, "a link that a container may use was made anew"
    assert set(bench.links()) == {BRIDGE, HOST_END, CONTAINER_END}


def test_an_endpoint_is_a_veth_pair_with_one_end_on_the_bridge(bench):
    bench.network()
    bench.endpoint()
    links = bench.links()
    assert links[HOST_END].get("master") == links[BRIDGE]["index"]
    assert links[HOST_END].get("link") == links[CONTAINER_END]["index"]


def test_a_mac_is_answered_only_where_none_was_given(bench):
    bench.network()
    chosen = bench.endpoint()["Interface"]["MacAddress"]
    assert bench.links()[CONTAINER_END].get("address") == chosen
    given = {"Address": "10.9.0.3/24", "MacAddress": "02:42:0a:09:00:03"}
    other = "27" * 32
    assert bench.call("create_endpoint", EndpointID=other, Interface=given) == {"Interface": {}}
    assert bench.links()["wsc2727272727"].get("address") == "02:42:0a:09:00:03"


def test_join_names_the_link_the_gateways_and_the_routes(bench):
    bench.network(
        {"routes": "10.200.0.0/16 via 10.9.0.9, 10.201.0.0/16", "prefix": "lan"},
        IPv6Data=[{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}],
    )
    bench.endpoint()
    assert bench.call("join", SandboxKey="/run/docker/netns/1") == {
        "InterfaceName": {"SrcName": CONTAINER_END, "DstPrefix": "lan"},
        "Gateway": "10.9.0.1",
        "GatewayIPv6": "fd00:9::1",
        "StaticRoutes": [
            {"Destination": "10.200.0.0/16", "RouteType": 0, "NextHop": "10.9.0.9"},
            {"Destination": "10.201.0.0/16", "RouteType": 1},
        ],
        "DisableGatewayService": False,
    }


def test_an_internal_network_has_no_gateway_and_its_traffic_stays_inside(bench):
    bench.network(labels={"com.docker.network.internal": True})
    bench.endpoint()
    answer = bench.call("join", SandboxKey="/x")
    assert "Gateway" not in answer
    assert answer["DisableGatewayService"] is True
    internal = programs.run(bench.host.namespace, "nft", "list", "set", "inet", "workshop", "internal")
    assert BRIDGE in internal


def test_a_network_without_gateway_gives_the_bridge_no_address(bench):
    bench.network({"gateway": "false"})
    bench.endpoint()
    assert bench.addresses(BRIDGE) == set()
    assert "Gateway" not in bench.call("join", SandboxKey="/x")
    skips = bench.call("gw_alloc_check", Options={"com.docker.network.generic": {"gateway": "false"}})
    assert skips == {"SkipIPv4": True, "SkipIPv6": True}


def test_a_pool_without_a_gateway_key_is_accepted(bench):
    bench.network(gateway=None)
    assert bench.addresses(BRIDGE) == set()


def test_an_auxiliary_default_gateway_takes_precedence(bench):
    aux = {"DefaultGatewayIPv4": "10.9.0.254/24", "printer": "10.9.0.9/24"}
    pool = {"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24", "AuxAddresses": aux}
    bench.call("create_network", IPv4Data=[pool])
    bench.endpoint()
    assert bench.call("join", SandboxKey="/x")["Gateway"] == "10.9.0.254"


def test_the_mtu_holds_for_bridge_and_both_ends(bench):
    bench.network({"com.docker.network.driver.mtu": "1400"})
    bench.endpoint()
    assert {link.get("mtu") for link in bench.links().values()} == {1400}


def test_a_bridge_can_be_named_and_is_removed_by_that_name(bench):
    bench.network({"com.docker.network.bridge.name": "br-shop"})
    assert set(bench.links()) == {"br-shop"}
    bench.call("delete_network")
    assert bench.links() == {}


def test_a_bridge_is_not_made_over_a_link_that_is_not_ours(bench):
    bench.host.kernel.link("add", ifname="br-shop", kind="bridge")
    with pytest.raises(PluginError, match="br-shop is taken by another link"):
        bench.network({"bridge": "br-shop"})
    assert set(bench.links()) == {"br-shop"}


def test_endpoints_that_may_not_talk_are_isolated_ports(bench):
    bench.network({"com.docker.network.bridge.enable_icc": "false"})
    bench.endpoint()
    port = bench.links()[HOST_END].get("linkinfo").get("slave_data")
    assert port.get("IFLA_BRPORT_ISOLATED") == 1


def test_masquerading_can_be_switched_off(bench):
    bench.network({"masquerade": "no"})
    assert "10.9.0.0/24" not in programs.run(
        bench.host.namespace, "nft", "list", "set", "inet", "workshop", "masquerade4"
    )


def test_an_unknown_option_is_a_warning_and_a_bad_value_an_error_that_names_it(bench):
    bench.network({"colour": "blue"})
    assert "'colour'" in bench.warnings[0]
    for option, value in (("mtu", "12"), ("mtu", "many"), ("icc", "maybe"), ("bridge", "a/b"), ("host_ip", "here"),
                          ("prefix", "0"), ("routes", "10.0.0.1/8"), ("bridge", "x" * 16)):  # fmt: skip
        with pytest.raises(PluginError, match=f"option {option}: .*expected"):
            bench.network({option: value})


def test_a_failing_create_leaves_nothing_behind(bench):
    before = bench.rules()
    with pytest.raises(PluginError, match="IPv4Data\\[0\\].Gateway"):
        bench.network(gateway="not-an-address")
    with pytest.raises(PluginError, match="1280"):
        bench.network({"mtu": "1000"}, IPv6Data=[{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}])
    bench.network()
    with pytest.raises(PluginError, match="MacAddress"):
        bench.call("create_endpoint", Interface={"MacAddress": "01:00:00:00:00:01"})
    assert set(bench.links()) == {BRIDGE}
    bench.call("delete_network")
    assert bench.rules() == before


def test_an_endpoint_of_an_unknown_network_is_refused(bench):
    with pytest.raises(PluginError, match="there is no network"):
        bench.endpoint()
    bench.network()
    with pytest.raises(PluginError, match="there is no endpoint"):
        bench.call("join", SandboxKey="/x")


def test_oper_info_tells_links_addresses_counters_and_ports(bench):
    bench.network()
    bench.endpoint()
    value = bench.call("endpoint_oper_info")["Value"]
    assert (value["bridge"], value["host_link"], value["container_link"]) == (BRIDGE, HOST_END, CONTAINER_END)
    assert (value["address"], value["mtu"]) == ("10.9.0.2/24", 1500)
    assert value["mac_address"] == bench.links()[CONTAINER_END].get("address")
    assert {"rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "ports"} <= value.keys()


def binding(**values: object) -> dict:
    return {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080, **values}]}


def test_published_ports_are_in_the_firewall_until_they_are_revoked(bench):
    bench.network()
    bench.endpoint()
    bench.call("program_external_connectivity", Options=binding())
    assert "tcp . 8080 : 10.9.0.2 . 80" in bench.rules()
    ports = bench.call("endpoint_oper_info")["Value"]["ports"]
    assert ports == [{"proto": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.9.0.2", "port": 80}]
    bench.call("revoke_external_connectivity")
    assert "8080" not in bench.rules()
    bench.call("revoke_external_connectivity")


def test_a_port_is_published_once_and_free_again_afterwards(bench):
    bench.network()
    bench.endpoint()
    other = "27" * 32
    bench.endpoint("10.9.0.3/24", EndpointID=other)
    bench.call("program_external_connectivity", Options=binding())
    with pytest.raises(PluginError, match="port 8080/tcp of the host cannot be published: it is published already"):
        bench.call("program_external_connectivity", EndpointID=other, Options=binding())
    bench.call("delete_endpoint")
    bench.call("program_external_connectivity", EndpointID=other, Options=binding())
    assert "10.9.0.3 . 80" in bench.rules()


def test_a_range_takes_the_first_free_port_and_zero_any_port(bench):
    bench.network()
    bench.endpoint()
    bench.call("program_external_connectivity", Options=binding(HostPortEnd=8082))
    other = "27" * 32
    bench.endpoint("10.9.0.3/24", EndpointID=other)
    bench.call("program_external_connectivity", EndpointID=other, Options=binding(HostPortEnd=8082))
    assert "tcp . 8081 : 10.9.0.3 . 80" in bench.rules()
    third = "28" * 32
    bench.endpoint("10.9.0.4/24", EndpointID=third)
    bench.call("program_external_connectivity", EndpointID=third, Options=binding(HostPort=0, HostPortEnd=0))
    port = bench.host.endpoints[third]["Ports"][0]["host_port"]
    assert 32768 <= port <= 60999


def test_a_port_can_be_published_on_one_address_of_the_host(bench):
    bench.network()
    bench.endpoint()
    bench.call("program_external_connectivity", Options=binding(HostIP="10.9.0.1", Proto=132))
    assert "10.9.0.1 . sctp . 8080 : 10.9.0.2 . 80" in bench.rules()
    with pytest.raises(PluginError, match="the host has no address 10.99.0.1"):
        bench.call("program_external_connectivity", Options=binding(HostIP="10.99.0.1"))
    assert "10.99.0.1" not in bench.rules()


def test_two_networks_do_not_share_anything(bench):
    bench.network()
    bench.call("create_network", NetworkID="aa" * 32, IPv4Data=[{"Pool": "10.10.0.0/24", "Gateway": "10.10.0.1/24"}])
    bench.call("delete_network")
    assert set(bench.links()) == {"wsbaaaaaaaaaa"}
    assert "10.10.0.0/24" in bench.rules()
    assert "10.9.0.0/24" not in bench.rules()
    assert NETWORK not in bench.host.networks and ENDPOINT not in bench.host.endpoints


def test_a_container_that_starts_again_keeps_its_mac(bench):
    bench.network()
    first = bench.endpoint()["Interface"]["MacAddress"]
    bench.call("delete_endpoint")
    assert bench.endpoint(EndpointID="27" * 32)["Interface"]["MacAddress"] == first
    assert bench.endpoint("10.9.0.3/24", EndpointID="28" * 32)["Interface"]["MacAddress"] != first


def test_an_endpoint_that_was_lost_without_farewell_gives_its_address_and_ports_back(bench):
    bench.network()
    bench.endpoint()
    bench.call("program_external_connectivity", Options=binding())
    other = "27" * 32
    bench.endpoint(EndpointID=other)
    assert list(bench.host.endpoints) == [other]
    assert HOST_END not in bench.links()
    bench.call("program_external_connectivity", EndpointID=other, Options=binding())
    bench.host.kernel.remove("wsh2727272727")
    third = "28" * 32
    bench.endpoint("10.9.0.3/24", EndpointID=third)
    bench.call("program_external_connectivity", EndpointID=third, Options=binding())
    assert list(bench.host.endpoints) == [third]
    assert "tcp . 8080 : 10.9.0.3 . 80" in bench.rules()


def test_activation_forgets_what_was_lost_while_docker_was_down(bench):
    bench.network()
    bench.endpoint()
    bench.host.kernel.remove(HOST_END)
    bridge.activate({}, bench.host)
    assert not bench.host.endpoints
