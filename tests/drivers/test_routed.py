"""The routed driver, in a network namespace of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.driver import NETWORK, Bench
from workshop.drivers import naming, routed
from workshop.errors import PluginError
from workshop.kernel import firewall, programs

pytestmark = pytest.mark.kernel
HOST_END, CONTAINER_END = "wsh1738df3e5a", "wsc1738df3e5a"
OTHER = "27" * 32
SIX = {"IPv6Data": [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}]}
BOTH = {"Interface": {"Address": "10.9.0.2/24", "AddressIPv6": "fd00:9::2/64"}}


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.driver = routed  # type: ignore[assignment]
    return bench


def ways(bench: Bench) -> set[str]:
    """The routes of the namespace to single addresses, each with its link."""
    found = bench.host.kernel.get_routes(table=254)
    name = bench.host.kernel.name_of
    single = (route for route in found if route["dst_len"] in (32, 128))
    return {f"{route.get('dst')} dev {name(route.get('oif'))}" for route in single}


def value(bench: Bench, key: str) -> str:
    return bench.host.namespace.run(lambda: Path(f"/proc/sys/net/{key}").read_text().strip())


def test_a_network_has_no_link_of_its_own(bench):
    bench.network(**SIX)
    assert bench.links() == {}
    assert value(bench, "ipv4/ip_forward") == value(bench, "ipv6/conf/all/forwarding") == "1"


def test_an_endpoint_is_a_pair_with_the_gateway_at_the_hosts_end_and_a_route_to_each_address(bench):
    bench.network(**SIX)
    bench.call("create_endpoint", **BOTH)
    links = bench.links()
    assert set(links) == {HOST_END, CONTAINER_END}
    assert links[HOST_END].get("link") == links[CONTAINER_END]["index"]
    assert links[HOST_END].get("master") is None
    assert bench.addresses(HOST_END) == {"10.9.0.1/32", "fd00:9::1/128"}
    assert ways(bench) == {f"10.9.0.2 dev {HOST_END}", f"fd00:9::2 dev {HOST_END}"}


def test_the_hosts_end_answers_for_the_neighbours_at_once_and_takes_no_routes_from_a_container(bench):
    bench.network(**SIX)
    bench.call("create_endpoint", **BOTH)
    assert value(bench, f"ipv4/conf/{HOST_END}/proxy_arp") == "1"
    assert value(bench, f"ipv4/neigh/{HOST_END}/proxy_delay") == "0"
    assert value(bench, f"ipv6/conf/{HOST_END}/accept_ra") == "0"
    bench.endpoint("10.9.0.3/24", EndpointID=OTHER)
    assert value(bench, "ipv6/conf/wsh2727272727/disable_ipv6") == "1"


def test_ipv6_is_on_at_the_hosts_end_where_new_links_have_it_off(bench):
    bench.host.namespace.run(lambda: Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1"))
    bench.network(**SIX)
    bench.call("create_endpoint", **BOTH)
    assert bench.addresses(HOST_END) == {"10.9.0.1/32", "fd00:9::1/128"}


def test_join_tells_gateways_and_leads_to_ipv6_neighbours_by_the_gateway(bench):
    bench.network({"routes": "10.200.0.0/16 via 10.9.0.1", "prefix": "lan"}, **SIX)
    bench.call("create_endpoint", **BOTH)
    assert bench.call("join", SandboxKey="/x") == {
        "InterfaceName": {"SrcName": CONTAINER_END, "DstPrefix": "lan"},
        "Gateway": "10.9.0.1",
        "GatewayIPv6": "fd00:9::1",
        "StaticRoutes": [
            {"Destination": "fd00:9::1/128", "RouteType": 1},
            {"Destination": "fd00:9::/65", "RouteType": 0, "NextHop": "fd00:9::1"},
            {"Destination": "fd00:9:0:0:8000::/65", "RouteType": 0, "NextHop": "fd00:9::1"},
            {"Destination": "10.200.0.0/16", "RouteType": 0, "NextHop": "10.9.0.1"},
        ],
        "DisableGatewayService": False,
    }


@pytest.mark.parametrize(("length", "halves"), [(126, 2), (127, 0)])
def test_an_ipv6_network_with_no_third_address_needs_no_route_to_neighbours(bench, length, halves):
    bench.network(IPv6Data=[{"Pool": f"fd00:9::/{length}", "Gateway": f"fd00:9::1/{length}"}])
    bench.call("create_endpoint", Interface={"AddressIPv6": f"fd00:9::/{length}"})
    routes = bench.call("join", SandboxKey="/x")["StaticRoutes"]
    assert len([route for route in routes if route["RouteType"] == 0]) == halves


def test_each_of_several_subnets_has_its_own_gateway(bench):
    pools = [{"Pool": f"10.{number}.0.0/24", "Gateway": f"10.{number}.0.1/24"} for number in (8, 9)]
    bench.call("create_network", IPv4Data=pools)
    bench.endpoint("10.9.0.2/24")
    assert bench.addresses(HOST_END) == {"10.9.0.1/32"}
    assert bench.call("join", SandboxKey="/x")["Gateway"] == "10.9.0.1"
    assert "10.8.0.0/24 . 10.9.0.0/24" in bench.rules(), "they are one network all the same"


def test_an_internal_network_has_no_default_gateway_and_is_closed(bench):
    bench.network(labels={"com.docker.network.internal": True}, **SIX)
    bench.call("create_endpoint", **BOTH)
    answer = bench.call("join", SandboxKey="/x")
    assert "Gateway" not in answer and "GatewayIPv6" not in answer
    assert answer["DisableGatewayService"] is True
    assert len(answer["StaticRoutes"]) == 3, "neighbours are reached all the same"
    assert elements(bench, "closed4") and elements(bench, "closed6") and not elements(bench, "masquerade4")


def elements(bench: Bench, name: str) -> bool:
    """Whether a set of our table has elements."""
    return "elements" in programs.run(bench.host.namespace, "nft", "list", "set", "inet", "workshop", name)


def test_a_network_without_addresses_is_made_and_its_containers_have_only_a_link(bench):
    nothing = [{"AddressSpace": "null", "Pool": "0.0.0.0/0"}]
    bench.call("create_network", IPv4Data=nothing, IPv6Data=[{"AddressSpace": "null", "Pool": "::/0"}])
    assert bench.rules() == ""
    answer = bench.call("create_endpoint", Interface={"Address": "", "AddressIPv6": "", "MacAddress": ""})
    assert answer["Interface"]["MacAddress"]
    assert bench.addresses(HOST_END) == set() and ways(bench) == set()
    assert bench.call("join", SandboxKey="/x") == {
        "InterfaceName": {"SrcName": CONTAINER_END, "DstPrefix": "eth"},
        "StaticRoutes": [],
        "DisableGatewayService": True,
    }
    bench.call("delete_endpoint")
    bench.call("delete_network")
    assert bench.links() == {}


def test_an_ipv6_subnet_without_a_gateway_is_told_of(bench):
    bench.network(gateway=None, IPv6Data=[{"Pool": "fd00:9::/64"}])
    assert bench.warnings == [
        "Containers do not reach each other by their addresses of fd00:9::/64: it has no gateway."
    ]
    bench.call("create_endpoint", **BOTH)
    assert bench.call("join", SandboxKey="/x")["StaticRoutes"] == []
    assert ways(bench) == {f"10.9.0.2 dev {HOST_END}", f"fd00:9::2 dev {HOST_END}"}


def test_another_router_cannot_be_the_gateway_and_that_is_told(bench):
    pool = {"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24", "AuxAddresses": {"DefaultGatewayIPv4": "10.9.0.254/24"}}
    bench.call("create_network", IPv4Data=[pool])
    bench.endpoint()
    assert bench.call("join", SandboxKey="/x")["Gateway"] == "10.9.0.1"
    assert "DefaultGatewayIPv4 leads nowhere" in bench.warnings[0]


def test_a_mac_is_answered_only_where_none_was_given_and_is_the_same_for_the_same_address(bench):
    bench.network()
    chosen = bench.endpoint()["Interface"]["MacAddress"]
    assert bench.links()[CONTAINER_END].get("address") == chosen
    bench.call("delete_endpoint")
    assert bench.endpoint(EndpointID=OTHER)["Interface"]["MacAddress"] == chosen
    given = {"Address": "10.9.0.3/24", "MacAddress": "02:42:0a:09:00:03"}
    assert bench.call("create_endpoint", Interface=given) == {"Interface": {}}
    assert bench.links()[CONTAINER_END].get("address") == "02:42:0a:09:00:03"


def test_the_mtu_holds_for_both_ends(bench):
    bench.network({"com.docker.network.driver.mtu": "1400"})
    bench.endpoint()
    assert {link.get("mtu") for link in bench.links().values()} == {1400}


def test_creating_twice_gives_one_pair_with_the_same_answer_and_removing_twice_is_harmless(bench):
    for _ in range(2):
        bench.network()
    first = bench.endpoint()
    index = bench.links()[HOST_END]["index"]
    assert bench.endpoint() == first
    assert bench.links()[HOST_END]["index"] == index, "a link that a container may use was made anew"
    for _ in range(2):
        bench.call("delete_endpoint")
    assert ways(bench) == set()
    for _ in range(2):
        bench.call("delete_network")
    assert bench.links() == {} and bench.rules() == ""
    assert not bench.host.networks and not bench.host.endpoints


def test_a_network_that_is_deleted_takes_its_endpoints_with_it(bench):
    bench.network()
    bench.endpoint()
    bench.call("delete_network")
    assert bench.links() == {} and bench.rules() == ""


@pytest.mark.parametrize(
    ("interface", "said"),
    [
        ({"Address": "10.8.0.2/24"}, r"Interface.Address: 10.8.0.2 is not of this network's subnets \(10.9.0.0/24\)"),
        (
            {"AddressIPv6": "fd01::2/64"},
            r"Interface.AddressIPv6: fd01::2 is not of this .* \(none of that IP version\)",
        ),
        ({"Address": "10.9.0.2"}, None),
        ({"Address": "here"}, "Interface.Address: 'here' is not valid"),
        ({"Address": "10.9.0.2/24", "MacAddress": "01:00:00:00:00:01"}, "Interface.MacAddress: .* is not valid"),
        ({"Address": "10.9.0.2/24", "MacAddress": "x"}, "Interface.MacAddress: 'x' is not valid"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_and_leaves_nothing(bench, interface, said):
    bench.network()
    if said is None:
        bench.call("create_endpoint", Interface=interface)
        return
    with pytest.raises(PluginError, match=said):
        bench.call("create_endpoint", Interface=interface)
    assert bench.links() == {}


def test_an_address_to_which_the_host_has_another_way_is_refused_and_leaves_nothing(bench):
    bench.network()
    bench.host.kernel.link("add", ifname="lan0", kind="bridge", state="up")
    bench.host.kernel.route("add", dst="10.9.0.2/32", oif=bench.host.kernel.index("lan0"), scope=253)
    with pytest.raises(PluginError, match="the host has a route to 10.9.0.2 that leads elsewhere; remove it first"):
        bench.endpoint()
    assert set(bench.links()) == {"lan0"}


@pytest.mark.parametrize(
    ("options", "more", "said"),
    [
        ({"mtu": "1000"}, SIX, "option mtu: 1000 is too small; IPv6 needs at least 1280"),
        ({"icc": "maybe"}, {}, "option icc: 'maybe' is not valid"),
        ({"type": "bridge"}, {}, "option type: 'bridge' is not valid; expected routed"),
    ],
)
def test_a_network_that_cannot_be_is_refused_and_leaves_nothing(bench, options, more, said):
    with pytest.raises(PluginError, match=said):
        bench.network(options, **more)
    assert bench.rules() == ""


def test_a_subnet_that_another_network_has_is_refused(bench):
    bench.network()
    with pytest.raises(
        PluginError, match=f"10.9.0.128/25 overlaps with that of network {NETWORK[:12]}; choose another"
    ):
        bench.call("create_network", NetworkID="6b" * 32, IPv4Data=[{"Pool": "10.9.0.128/25"}])


def test_isolation_is_refused_where_it_cannot_be_kept(bench, monkeypatch):
    find = programs.find
    monkeypatch.setattr(programs, "find", lambda name: None if name == "nft" else find(name))
    with pytest.raises(
        PluginError, match="option icc: containers cannot be kept apart here: The program nft is missing"
    ):
        bench.network({"icc": "false"})
    bench.network()
    assert "The program nft is missing" in bench.warnings[0]


def test_published_ports_are_in_the_firewall_until_they_are_revoked(bench):
    bench.network()
    bench.endpoint()
    ports = {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]}
    bench.call("program_external_connectivity", Options=ports)
    assert "tcp . 8080 : 10.9.0.2 . 80" in bench.rules()
    assert value(bench, f"ipv4/conf/{HOST_END}/route_localnet") == "1"
    told = bench.call("endpoint_oper_info")["Value"]
    assert told["ports"] == [{"proto": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.9.0.2", "port": 80}]
    assert (told["host_link"], told["routes"]) == (HOST_END, [f"10.9.0.2 dev {HOST_END}"])
    for _ in range(2):
        bench.call("revoke_external_connectivity")
        assert "8080" not in bench.rules()


def test_an_endpoint_that_was_lost_without_farewell_gives_its_address_back(bench):
    bench.network()
    bench.endpoint()
    bench.endpoint(EndpointID=OTHER)
    assert list(bench.host.endpoints) == [OTHER]
    assert ways(bench) == {"10.9.0.2 dev wsh2727272727"}


def test_what_somebody_took_from_a_pair_is_put_back(bench):
    bench.network(**SIX)
    bench.call("create_endpoint", **BOTH)
    kernel = bench.host.kernel
    row = bench.host.networks[NETWORK]
    assert routed.restore_network(row, bench.host) == []
    kernel.flush_addr(index=kernel.index(HOST_END))
    kernel.link("set", index=kernel.index(HOST_END), state="down")
    assert ways(bench) == set()
    assert routed.restore_network(row, bench.host) == [f"gave {HOST_END} its addresses and routes again"]
    assert bench.addresses(HOST_END) == {"10.9.0.1/32", "fd00:9::1/128"}
    assert ways(bench) == {f"10.9.0.2 dev {HOST_END}", f"fd00:9::2 dev {HOST_END}"}
    assert bench.links()[HOST_END].get("state") == "up"


def test_the_firewall_knows_the_hosts_ends_by_what_they_are_called():
    assert naming.PREFIXES["host end"] + "*" == firewall.ENDS
