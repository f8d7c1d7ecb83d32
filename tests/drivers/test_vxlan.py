"""The vxlan driver on one host, in a network namespace of the test's own: what it makes, refuses and removes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.driver import ENDPOINT, NETWORK, Bench
from workshop.drivers import options, vxlan, vxlan_memory
from workshop.drivers.host import Host
from workshop.drivers.store import Remembered, Store
from workshop.errors import PluginError
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
BRIDGE, TUNNEL, HOST_END = "wsb56aaf7d6a1", "wst56aaf7d6a1", "wsh1738df3e5a"
OTHER = "aa" * 32
HERE, PEER = "192.0.2.10", "192.0.2.11"
UPLINK = """
link add eth0 mtu 1500 type veth peer name far
addr add 192.0.2.10/24 dev eth0
addr add 2001:db8::10/64 dev eth0 nodad
link set far up
link set eth0 up
route add default via 192.0.2.1
"""
POOL6 = {"IPv6Data": [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}]}


@pytest.fixture
def bench():
    """A host with the address 192.0.2.10 on its uplink, and a default route."""
    namespace = Namespace.create()
    programs.run(namespace, "ip", "-batch", "-", given=UPLINK)
    bench = Bench(Host(namespace, Store(None), warn=lambda text: bench.warnings.append(text)), driver=vxlan)
    yield bench
    bench.host.close()
    namespace.close()


def made(bench: Bench) -> set[str]:
    """The names of the links that are not the host's own."""
    return set(bench.links()) - {"eth0", "far"}


def tunnel(bench: Bench, name: str = TUNNEL) -> dict:
    """What the kernel says of a tunnel."""
    data = bench.links()[name].get(("linkinfo", "data"))
    return {
        "vni": data.get("vxlan_id"),
        "port": data.get("vxlan_port"),
        "local": data.get("vxlan_local") or data.get("vxlan_local6"),
        "group": data.get("vxlan_group") or data.get("vxlan_group6"),
        "parent": data.get("vxlan_link"),
    }


def sh(bench: Bench, command: str) -> str:
    return programs.run(bench.host.namespace, *command.split())


def peers(bench: Bench, name: str = TUNNEL) -> list[str]:
    told = [line.split() for line in sh(bench, f"bridge fdb show dev {name}").splitlines()]
    return sorted(line[2] for line in told if line[0] == "00:00:00:00:00:00")


def node(bench: Bench, address: str, *, gone: bool = False, here: bool = False) -> None:
    data = {"Address": address, "BindAddress": "", "Self": here}
    bench.call("discover_delete" if gone else "discover_new", DiscoveryType=1, DiscoveryData=data)


# -- what is made


def test_a_network_is_a_bridge_with_the_gateways_address_and_a_tunnel_on_it(bench):
    bench.network({"vni": "4242"})
    links = bench.links()
    assert made(bench) == {BRIDGE, TUNNEL}
    assert tunnel(bench) == {"vni": 4242, "port": 4789, "local": HERE, "group": None, "parent": None}
    assert links[TUNNEL].get("master") == links[BRIDGE]["index"]
    assert bench.addresses(BRIDGE) == {"10.9.0.1/24"}
    assert (links[BRIDGE].get("state"), links[TUNNEL].get("state")) == ("up", "up")
    assert links[TUNNEL].get("ifalias") == f"workshop network {NETWORK}"


@pytest.mark.parametrize(
    ("given", "mtu"),
    [
        ({}, 1450),
        ({"local": "2001:db8::10"}, 1430),
        ({"mtu": "1400"}, 1400),
        ({"com.docker.network.driver.mtu": "9"}, 0),
    ],
)
def test_what_goes_into_the_tunnel_fits_through_the_underlay(bench, given, mtu):
    if not mtu:
        with pytest.raises(PluginError, match="option com.docker.network.driver.mtu: '9' is not valid"):
            bench.network(given)
        return
    bench.network(given)
    bench.endpoint()
    assert {bench.links()[name].get("mtu") for name in made(bench)} == {mtu}


def test_an_mtu_that_does_not_fit_is_refused_with_the_reason(bench):
    with pytest.raises(
        PluginError, match="option mtu: 1451 is too large; VXLAN over IPv4 takes 50 of the 1500 of eth0"
    ):
        bench.network({"mtu": "1451"})
    sh(bench, "ip link set eth0 mtu 1329")
    with pytest.raises(
        PluginError, match="1279 is too small; IPv6 needs at least 1280: VXLAN over IPv4 takes 50 of the"
    ):
        bench.network(**POOL6)
    assert made(bench) == set()


def test_the_tunnels_port_and_address_can_be_chosen(bench):
    sh(bench, "ip addr add 198.51.100.1/24 dev far")
    bench.network({"port": "8472", "local": "198.51.100.1"})
    assert (tunnel(bench)["port"], tunnel(bench)["local"]) == (8472, "198.51.100.1")
    bench.call("delete_network")
    bench.network({"parent": "far"})
    assert tunnel(bench)["local"] == "198.51.100.1"
    assert tunnel(bench)["parent"] == bench.host.kernel.index("far")


def test_without_a_word_the_tunnel_has_the_address_that_leads_to_its_peers(bench):
    sh(bench, "ip addr add 198.51.100.1/24 dev far")
    bench.network({"peers": "198.51.100.2"})
    assert tunnel(bench)["local"] == "198.51.100.1"


def test_a_tunnel_over_ipv6_has_peers_of_ipv6(bench):
    bench.network({"peers": "2001:db8::11,2001:db8::10"})
    assert tunnel(bench)["local"] == "2001:db8::10"
    assert peers(bench) == ["2001:db8::11"]


def test_a_group_takes_the_place_of_peers(bench):
    node(bench, "192.0.2.12")
    bench.network({"group": "239.1.1.1"})
    assert (tunnel(bench)["group"], tunnel(bench)["parent"]) == ("239.1.1.1", bench.host.kernel.index("eth0"))
    node(bench, PEER)
    assert peers(bench) == ["239.1.1.1"]
    joined = sh(bench, "ip maddr show dev eth0")
    assert "239.1.1.1" in joined
    assert bench.warnings == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vni": "0"}, "option vni: '0' is not valid; expected a whole number from 1 to 16777215"),
        ({"vni": "16777216"}, "option vni: .*expected"),
        ({"port": "70000"}, "option port: .*expected a whole number from 1 to 65535"),
        ({"peers": "192.0.2.11,here"}, "option peers: .*expected addresses of hosts, such as"),
        ({"peers": "239.1.1.1"}, "option peers: .*expected addresses of hosts"),
        ({"group": "192.0.2.11"}, "option group: .*expected a multicast address, such as 239.1.1.1"),
        ({"local": "0.0.0.0"}, "option local: .*expected the address of a host"),
        ({"local": "192.0.2.99"}, "option local: this host has no address 192.0.2.99"),
        ({"parent": "eth7"}, "option parent: there is no link eth7 on this host"),
        ({"parent": "low"}, "option parent: the link low is down; bring it up with `ip link set low up`"),
        ({"parent": "far"}, "option parent: far has no address for the tunnel"),
        ({"parent": "eth0", "peers": "::2", "local": ""}, "option local: .*expected"),
        ({"local": HERE, "peers": "2001:db8::11"}, "option peers: 2001:db8::11 is IPv6, but local has 192.0.2.10"),
        ({"peers": "192.0.2.11,2001:db8::11"}, "all of a tunnel's addresses are of one version"),
        ({"group": "239.1.1.1", "peers": PEER}, "option peers: not together with group"),
        ({"proxy_arp": "maybe"}, "option proxy_arp: .*expected true or false"),
        (
            {"type": "macvlan"},
            "option type: 'macvlan' is not valid; expected vxlan, the only kind that this plugin serves",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_leaves_nothing(bench, given, said):
    sh(bench, "ip link add low type bridge")
    before = bench.rules()
    with pytest.raises(PluginError, match=said):
        bench.network(given)
    assert made(bench) == {"low"}
    assert bench.rules() == before
    assert list(bench.host.store.tunnels) == []


def test_a_host_without_any_way_out_says_what_to_give():
    namespace = Namespace.create()
    bench = Bench(Host(namespace, Store(None)), driver=vxlan)
    with pytest.raises(
        PluginError, match="no address of this host for the tunnel can be told; give -o local=ADDRESS or"
    ):
        bench.network()
    assert bench.links() == {}
    bench.host.close()
    namespace.close()


# -- VNIs


def test_a_vni_that_another_network_has_is_refused_with_that_networks_id(bench):
    bench.network({"vni": "42"})
    with pytest.raises(
        PluginError, match=f"VNI 42 is taken by the network {NETWORK[:12]} of this plugin; choose another"
    ):
        bench.network({"vni": "42"}, NetworkID=OTHER)
    assert made(bench) == {BRIDGE, TUNNEL}
    bench.call("delete_network")
    bench.network({"vni": "42"}, NetworkID=OTHER)


def test_a_vni_that_somebody_elses_link_has_is_refused_with_that_links_name(bench):
    sh(bench, "ip link add theirs type vxlan id 42 dstport 4789 local 192.0.2.10")
    with pytest.raises(PluginError, match="VNI 42 is in use on this host by the link theirs; choose another"):
        bench.network({"vni": "42"})
    assert made(bench) == {"theirs"}
    assert list(bench.host.store.tunnels) == []


def test_a_vni_is_found_that_nobody_has_and_stays_the_networks(bench):
    bench.network()
    first = tunnel(bench)["vni"]
    assert first >= vxlan_memory.FIRST
    bench.call("delete_network")
    sh(bench, f"ip link add theirs type vxlan id {first} dstport 4789 local 192.0.2.10")
    bench.network()
    second = tunnel(bench)["vni"]
    assert second not in (first, None)
    bench.network()  # Docker asks again
    assert tunnel(bench)["vni"] == second
    assert bench.host.store.tunnels[NETWORK]["vni"] == second


def test_a_vni_that_is_in_use_where_it_cannot_be_seen_is_passed_over(bench):
    bench.network()
    first = tunnel(bench)["vni"]
    bench.call("delete_network")
    hidden = Namespace.create()  # as Docker's own overlay driver does it
    kernel = bench.host.kernel
    kernel.link("add", ifname="hidden", kind="vxlan", vxlan_id=first, vxlan_port=4789, vxlan_local=HERE)
    kernel.link("set", index=kernel.index("hidden"), net_ns_fd=hidden.descriptor)
    bench.network()
    assert tunnel(bench)["vni"] == first + 1
    with pytest.raises(PluginError, match=f"VNI {first} is in use on this host by a link in another namespace"):
        bench.network({"vni": str(first)}, NetworkID=OTHER)
    hidden.close()


def test_networks_that_are_made_at_once_get_different_vnis(bench, monkeypatch):
    items = Remembered.items

    def slowly(rows: Remembered):
        found = items(rows)
        time.sleep(0.005)  # between looking and taking, where another would have the time to look too
        return found

    monkeypatch.setattr(Remembered, "items", slowly)
    hosts = [f"{number:02x}" * 32 for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda key: vxlan_memory.claim(bench.host, key, None, vxlan_memory.CREATED), hosts))
        same = list(pool.map(lambda key: refused(bench, key), hosts))
    assert len({vni for vni, _ in claims}) == 20
    assert same.count(None) == 1, "of all that want the same one, one gets it"


def refused(bench: Bench, key: str) -> str | None:
    try:
        vxlan_memory.claim(bench.host, f"other {key}", 7, vxlan_memory.CREATED)
    except PluginError as error:
        return str(error)
    return None


# -- global scope


def test_allocating_picks_a_vni_and_answers_all_options_again(bench):
    given = {"type": "vxlan", "foo": "bar"}
    first = bench.call("allocate_network", Options=given, IPv4Data=[{"Pool": "10.9.0.0/24"}])["Options"]
    assert first == {**given, "vni": first["vni"]} and int(first["vni"]) >= vxlan_memory.FIRST
    assert "'foo'" in bench.warnings[0]
    again = bench.call("allocate_network", Options=first)["Options"]
    assert again == first, "Swarm asks again after its manager was restarted"
    other = bench.call("allocate_network", NetworkID=OTHER, Options={})["Options"]
    assert other["vni"] != first["vni"]
    assert made(bench) == set(), "nothing is made on the manager by that"


def test_allocating_refuses_what_creating_would_and_what_another_network_has(bench):
    bench.call("allocate_network", Options={"vni": "4242"})
    with pytest.raises(PluginError, match=f"VNI 4242 is taken by the network {NETWORK[:12]}"):
        bench.call("allocate_network", NetworkID=OTHER, Options={"vni": "4242"})
    with pytest.raises(PluginError, match="option mtu: .*expected"):
        bench.call("allocate_network", NetworkID=OTHER, Options={"mtu": "x"})
    with pytest.raises(PluginError, match="not together with group"):
        bench.call("allocate_network", NetworkID=OTHER, Options={"group": "239.1.1.1", "peers": PEER})
    assert list(bench.host.store.tunnels) == [NETWORK]


def test_a_vni_is_given_back_when_it_is_freed_and_the_network_is_gone_from_this_host(bench):
    answered = bench.call("allocate_network", Options={"vni": "4242", "peers": "192.0.2.13"})["Options"]
    bench.network(answered)
    bench.call("free_network")
    with pytest.raises(PluginError, match="VNI 4242 is taken"):
        bench.call("allocate_network", NetworkID=OTHER, Options={"vni": "4242"})
    node(bench, PEER)
    assert peers(bench) == [PEER, "192.0.2.13"], "it is still a network here"
    bench.call("delete_network")
    bench.call("allocate_network", NetworkID=OTHER, Options={"vni": "4242"})
    bench.call("free_network", NetworkID=OTHER)
    bench.call("free_network", NetworkID=OTHER)
    assert list(bench.host.store.tunnels) == []


def test_a_network_that_leaves_the_managers_host_keeps_its_vni_until_it_is_freed(bench):
    bench.network(bench.call("allocate_network", Options={})["Options"])
    vni = tunnel(bench)["vni"]
    bench.call("delete_network")
    assert bench.host.store.tunnels[NETWORK] == {"vni": vni, "held": ["allocated"]}
    bench.network({"vni": str(vni)})
    assert tunnel(bench)["vni"] == vni


# -- nodes and peers


def test_peers_are_those_that_the_user_named_without_this_host_and_each_once(bench):
    bench.network({"peers": f"{PEER}, 192.0.2.12,{HERE},{PEER}"})
    assert peers(bench) == [PEER, "192.0.2.12"]


def test_nodes_become_peers_of_all_networks_also_of_those_that_come_later(bench):
    bench.network({"peers": PEER})
    node(bench, HERE, here=True)
    node(bench, "192.0.2.12")
    node(bench, "192.0.2.12")
    bench.call("create_network", NetworkID=OTHER, IPv4Data=[{"Pool": "10.10.0.0/24", "Gateway": "10.10.0.1/24"}])
    assert peers(bench) == [PEER, "192.0.2.12"]
    assert peers(bench, "wstaaaaaaaaaa") == ["192.0.2.12"]
    node(bench, "192.0.2.12", gone=True)
    node(bench, PEER, gone=True)
    assert peers(bench) == [PEER], "who was named by the user stays"
    assert peers(bench, "wstaaaaaaaaaa") == []
    node(bench, HERE, gone=True)
    assert list(bench.host.store.nodes) == []


def test_a_node_that_comes_or_goes_while_a_network_is_being_made_is_not_missed(bench):
    pool = [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}]
    asked = {options.GENERIC: {"peers": "192.0.2.13"}}
    vxlan.create_network({"NetworkID": NETWORK, "Options": asked, "IPv4Data": pool}, bench.host)
    assert NETWORK not in bench.host.networks, "it is remembered only once it is made"
    node(bench, PEER)
    assert peers(bench) == [PEER, "192.0.2.13"]
    node(bench, PEER, gone=True)
    node(bench, "192.0.2.13", gone=True)
    assert peers(bench) == ["192.0.2.13"]


def test_a_node_that_goes_takes_along_what_was_learned_of_it(bench):
    node(bench, PEER)
    bench.network()
    sh(bench, f"bridge fdb add 02:42:0a:09:00:03 dev {TUNNEL} dst {PEER} self dynamic")
    sh(bench, f"bridge fdb add 02:42:0a:09:00:04 dev {TUNNEL} dst 192.0.2.12 self dynamic")
    node(bench, "192.0.2.12")
    node(bench, PEER, gone=True)
    told = sh(bench, f"bridge fdb show dev {TUNNEL}")
    assert "02:42:0a:09:00:04 dst 192.0.2.12" in told
    assert PEER not in told


def test_what_is_said_of_other_things_than_nodes_or_of_nodes_without_an_address_changes_nothing(bench):
    bench.network()
    bench.call("discover_new", DiscoveryType=3, DiscoveryData={"Keys": ["x"]})
    assert bench.warnings == []
    unusable = ({"Address": "somewhere"}, {"Address": "0.0.0.0"}, {"Address": "fe80::1%eth0"}, {"Address": ""}, None)
    for data in unusable:
        bench.call("discover_new", DiscoveryType=1, DiscoveryData=data)
    assert [text for text in bench.warnings if "without a usable address" in text] == bench.warnings
    assert len(bench.warnings) == len(unusable)
    assert peers(bench) == []
    assert list(bench.host.store.nodes) == []


def test_nodes_of_another_ip_version_are_no_peers_of_a_tunnel(bench):
    bench.network()
    node(bench, "2001:db8::11")
    assert peers(bench) == []
    bench.network({"local": "2001:db8::10"}, NetworkID=OTHER, v4="10.10.0.0/24", gateway="10.10.0.1/24")
    assert peers(bench, "wstaaaaaaaaaa") == ["2001:db8::11"]


def test_a_tunnel_goes_by_the_address_that_docker_says_this_node_has(bench):
    sh(bench, "ip addr add 198.51.100.1/24 dev far")
    bench.network()  # a manager may be asked for it before Docker tells of nodes
    assert tunnel(bench)["local"] == HERE
    index = bench.links()[TUNNEL]["index"]
    node(bench, "198.51.100.1", here=True)
    assert tunnel(bench)["local"] == "198.51.100.1"
    assert bench.links()[TUNNEL]["index"] == index, "it is the same tunnel"
    bench.network({"local": HERE}, NetworkID=OTHER, v4="10.10.0.0/24", gateway="10.10.0.1/24")
    node(bench, HERE, here=True)
    node(bench, "198.51.100.1", here=True)
    assert tunnel(bench, "wstaaaaaaaaaa")["local"] == HERE, "the user has said so"
    gateway = bench.links()[BRIDGE].get("address")
    assert f"{gateway} dst 198.51.100.1" in sh(bench, f"bridge fdb show dev {TUNNEL}")
    assert [key for key, row in bench.host.store.nodes.items() if row["Self"]] == ["198.51.100.1"]


# -- endpoints


def test_a_mac_is_made_from_the_address_so_that_it_is_the_same_on_every_host(bench):
    bench.network()
    assert bench.endpoint()["Interface"]["MacAddress"] == "02:42:0a:09:00:02"
    assert bench.call("create_endpoint", EndpointID="27" * 32, Interface={"MacAddress": "02:aa:00:00:00:01"}) == {
        "Interface": {}
    }


def test_what_is_worth_knowing_of_an_endpoint_tells_the_tunnel(bench):
    node(bench, "192.0.2.12")
    bench.network({"vni": "42", "peers": f"{PEER},{HERE}"})
    bench.endpoint()
    value = bench.call("endpoint_oper_info")["Value"]
    assert (value["vni"], value["port"], value["local"], value["group"]) == (42, 4789, HERE, "")
    assert value["peers"] == [PEER, "192.0.2.12"]
    assert (value["tunnel"], value["bridge"], value["mtu"]) == (TUNNEL, BRIDGE, 1450)


def test_published_ports_internal_networks_and_networks_without_gateway_are_as_on_a_bridge(bench):
    bench.network(labels={"com.docker.network.internal": True})
    bench.endpoint()
    joined = bench.call("join", SandboxKey="/x")
    assert "Gateway" not in joined and joined["DisableGatewayService"] is True
    binding = {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]}
    bench.call("program_external_connectivity", Options=binding)
    assert "tcp . 8080 : 10.9.0.2 . 80" in bench.rules()
    bench.call("revoke_external_connectivity")
    assert "8080" not in bench.rules()
    bench.network({"gateway": "false"}, NetworkID=OTHER, v4="10.10.0.0/24", gateway="10.10.0.1/24")
    assert bench.addresses("wsbaaaaaaaaaa") == set()
    skips = bench.call("gw_alloc_check", Options={options.GENERIC: {"gateway": "false"}})
    assert skips == {"SkipIPv4": True, "SkipIPv6": True}


def test_without_icc_the_tunnel_is_isolated_as_containers_are(bench):
    bench.network({"icc": "false"})
    bench.endpoint()
    for name in (TUNNEL, HOST_END):
        port = bench.links()[name].get("linkinfo").get("slave_data")
        assert port.get("IFLA_BRPORT_ISOLATED") == 1, name


# -- again, and gone


def test_creating_twice_gives_one_network_and_deleting_twice_is_harmless(bench):
    before = bench.rules()
    bench.network({"vni": "42", "peers": PEER})
    first = bench.endpoint()
    indices = {name: bench.links()[name]["index"] for name in made(bench)}
    bench.network({"vni": "42", "peers": PEER})
    assert bench.endpoint() == first
    assert {name: bench.links()[name]["index"] for name in made(bench)} == indices
    assert peers(bench) == [PEER]
    for _ in range(2):
        bench.call("delete_endpoint")
        bench.call("delete_network")
        assert made(bench) == set()
    assert bench.rules() == before
    assert not any((bench.host.networks, bench.host.endpoints, bench.host.store.tunnels, bench.host.store.nodes))


def test_a_tunnel_is_not_made_over_a_link_that_is_not_ours(bench):
    sh(bench, f"ip link add {TUNNEL} type bridge")
    sh(bench, f"ip link set {TUNNEL} alias theirs")
    with pytest.raises(PluginError, match=f"the name {TUNNEL} is taken by another link"):
        bench.network()
    assert made(bench) == {TUNNEL}
    bench.call("delete_network")
    assert made(bench) == {TUNNEL}


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (f"ip link del {TUNNEL}", f"made {TUNNEL} again"),
        (f"ip link del {BRIDGE}", f"made {BRIDGE} again"),
        (f"ip link set {TUNNEL} down", ""),
        (f"ip link set {TUNNEL} nomaster", ""),
        (f"bridge fdb del 00:00:00:00:00:00 dev {TUNNEL} dst {PEER}", ""),
        (f"bridge fdb append 00:00:00:00:00:00 dev {TUNNEL} dst 192.0.2.99", ""),
    ],
)
def test_what_was_lost_is_made_again_as_it_was(bench, harm, told):
    node(bench, "192.0.2.12")
    bench.network({"vni": "42", "peers": PEER})
    bench.endpoint()
    sh(bench, harm)
    done = vxlan.restore_network(bench.host.networks[NETWORK], bench.host)
    assert (told in done[0]) if told else done == []
    links = bench.links()
    assert tunnel(bench)["vni"] == 42
    assert peers(bench) == [PEER, "192.0.2.12"]
    assert links[TUNNEL].get("master") == links[HOST_END].get("master") == links[BRIDGE]["index"]
    assert {links[name].get("state") for name in (BRIDGE, TUNNEL)} == {"up"}
    assert links[TUNNEL].get("mtu") == 1450
    assert vxlan.restore_network(bench.host.networks[NETWORK], bench.host) == []


def test_a_network_whose_underlay_is_gone_gets_its_bridge_back_and_says_what_is_missing(bench):
    bench.network({"vni": "42", "parent": "eth0"})
    bench.endpoint()
    sh(bench, "ip link del eth0")  # the kernel removes a tunnel that is bound to it
    sh(bench, f"ip link del {BRIDGE}")
    with pytest.raises(PluginError, match="option parent: there is no link eth0"):
        vxlan.restore_network(bench.host.networks[NETWORK], bench.host)
    links = bench.links()
    assert links[HOST_END].get("master") == links[BRIDGE]["index"]
    assert ENDPOINT in bench.host.endpoints
