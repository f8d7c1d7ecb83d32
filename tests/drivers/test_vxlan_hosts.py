"""The vxlan driver on two hosts that a cable joins: who reaches whom, and what goes over the cable for that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.capture import ARP, RARP, capture
from tests.support.hosts import ALPHA, ALPHA6, BETA, BETA6, CABLE, Site, two_hosts
from tests.support.shell import inside, until
from tests.support.traffic import ask, server
from workshop.drivers import vxlan, vxlan_announce, vxlan_tunnel

pytestmark = pytest.mark.kernel
SHARED = {"vni": "4242", "peers": f"{ALPHA},{BETA}"}
GATEWAY = "10.9.0.1"
POOL6 = {"IPv6Data": [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}]}


@pytest.fixture(params=["host", "own"])
def hosts(request, tmp_path) -> Iterator[tuple[Site, Site]]:
    """Two hosts, whose networks are in the hosts' namespaces, and in their own."""
    with two_hosts(vxlan, tmp_path / "netns", request.param) as sites:  # type: ignore[arg-type]
        yield sites


def both(hosts: tuple[Site, Site], options: dict[str, str], **more: object) -> None:
    for site in hosts:
        site.network(options, **more)


def told_of(site: Site, address: str, *, gone: bool = False) -> None:
    data = {"Address": address, "BindAddress": "", "Self": address == site.address}
    site.call("discover_delete" if gone else "discover_new", DiscoveryType=1, DiscoveryData=data)


def test_containers_on_two_hosts_ping_each_other_through_the_tunnel_with_its_vni(hosts):
    alpha, beta = hosts
    both(hosts, SHARED)
    one, two = alpha.container(2), beta.container(3)
    with capture(alpha.namespace, CABLE) as cable:
        assert one.pings(two.address)
        assert two.pings(one.address)
        seen = [each for each in cable.tunnelled() if each.ping]
    assert {(each.vni, each.port) for each in seen} == {(4242, 4789)}
    assert {(each.source, each.target, each.ping) for each in seen} == {
        (ALPHA, BETA, (one.address, two.address)),
        (BETA, ALPHA, (two.address, one.address)),
    }


def test_the_largest_packet_fits_and_a_larger_one_does_not(hosts):
    alpha, beta = hosts
    both(hosts, SHARED)
    one, two = alpha.container(2), beta.container(3)
    assert one.pings(two.address, size=1450 - 28)
    assert not one.pings(two.address, size=1450 - 27, tries=1)


def test_a_dual_stack_network_goes_over_an_underlay_of_ipv6(hosts):
    alpha, beta = hosts
    both(hosts, {"vni": "7", "port": "8472", "peers": f"{ALPHA6},{BETA6}"}, **POOL6)
    one, two = alpha.container(2, v6=True), beta.container(3, v6=True)
    with capture(beta.namespace, CABLE) as cable:
        assert one.pings(two.address, size=1430 - 28)
        assert one.pings("fd00:9::3")
        seen = {(each.source, each.target, each.port, each.vni, each.ping) for each in cable.tunnelled() if each.ping}
    assert seen == {(ALPHA6, BETA6, 8472, 7, pair) for pair in (("10.9.0.2", "10.9.0.3"), ("fd00:9::2", "fd00:9::3"))}
    assert one.pings("fd00:9::1"), "its own host's gateway"


@pytest.mark.parametrize("group", ["239.1.1.1", "ff05::4242"])
def test_hosts_find_each_other_by_a_group_without_being_told(hosts, group):
    alpha, beta = hosts
    both(hosts, {"vni": "4242", "group": group})
    one, two = alpha.container(2), beta.container(3)
    with capture(alpha.namespace, CABLE) as cable:
        assert one.pings(two.address)
        targets = {each.target for each in cable.tunnelled() if each.kind == ARP}
    assert group in targets


def test_other_networks_are_not_heard(hosts):
    alpha, beta = hosts
    alpha.network(SHARED)
    beta.network({**SHARED, "vni": "4243"})
    one, two = alpha.container(2), beta.container(3)
    assert not one.pings(two.address, tries=1)
    assert one.pings(GATEWAY)


def test_nodes_join_a_network_when_docker_tells_of_them_and_leave_it(hosts):
    alpha, beta = hosts
    told_of(alpha, ALPHA)
    told_of(alpha, BETA)
    both(hosts, {"vni": "4242"})
    one, two = alpha.container(2), beta.container(3)
    assert (alpha.peers(), beta.peers()) == ({BETA}, set())
    told_of(beta, BETA)
    told_of(beta, ALPHA)
    assert one.pings(two.address) and two.pings(one.address)
    told_of(alpha, BETA, gone=True)
    told_of(beta, ALPHA, gone=True)
    assert not one.pings(two.address, tries=1)
    assert (alpha.peers(), beta.peers()) == (set(), set())


def test_every_host_is_its_own_containers_gateway_and_hears_no_other(hosts):
    alpha, beta = hosts
    both(hosts, SHARED, **POOL6)
    one, two = alpha.container(2, v6=True), beta.container(3, v6=True)
    mac = vxlan_tunnel.gateway_mac(4242)
    for container in (one, two):
        assert container.pings(GATEWAY) and container.pings("fd00:9::1")
        assert container.neighbour(GATEWAY) == mac, "the same on both hosts: a container may move"
    assert one.pings(two.address)
    for site in hosts:
        assert {where for each, where in site.fdb() if each == mac} == {site.address}
        assert site.sh("ip", "-6", "addr", "show").count("dadfailed") == 0
    inside(beta.namespace, "ping", "-c", "1", "-W", "1", one.address, check=False)
    assert {where for each, where in alpha.fdb() if each == mac} == {ALPHA}, "what another gateway sends is dropped"


def test_a_container_that_moves_to_another_host_with_its_address_is_found_there_at_once(hosts):
    alpha, beta = hosts
    both(hosts, SHARED)
    one, two = alpha.container(2), beta.container(3)
    assert one.pings(two.address)
    two.remove()
    here = alpha.container(3)
    assert here.mac == two.mac
    assert one.pings(here.address, tries=1), "alpha believed it to be on beta"
    assert (here.mac, BETA) not in alpha.fdb()
    here.remove()
    again = beta.container(3)
    assert (again.mac, BETA) in alpha.fdb(), "beta has said so, before the container has said a word"
    assert one.pings(again.address, tries=1)


def test_a_host_that_comes_later_is_told_where_containers_are(hosts):
    alpha, beta = hosts
    both(hosts, {"vni": "4242"})
    one = alpha.container(2)
    told_of(alpha, BETA)
    assert until(lambda: (one.mac, ALPHA) in beta.fdb(), 3)


def test_what_tells_where_a_container_is_carries_its_address_if_that_is_of_ipv4():
    mac = "02:42:0a:09:00:02"
    frame = vxlan_announce.frame(mac, "10.9.0.2/24")
    assert len(frame) == 60
    assert frame[:14] == b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) + ARP.to_bytes(2, "big")
    assert frame[28:32] == frame[38:42] == bytes([10, 9, 0, 2])
    other = vxlan_announce.frame(mac, "")
    assert other[:14] == frame[:12] + RARP.to_bytes(2, "big")
    assert vxlan_announce.frame(mac, "fd00:9::2/64") == other


def test_a_host_answers_for_containers_that_it_knows_behind_the_tunnel_and_asks_for_others(hosts):
    alpha, beta = hosts
    both(hosts, {"vni": "4242", "proxy_arp": "true"})
    told_of(alpha, BETA)
    told_of(beta, ALPHA)
    one, two, own = alpha.container(2), beta.container(3), beta.container(4, mac="02:aa:00:00:00:04")
    assert one.pings(two.address) and one.pings(own.address)
    vxlan.look_after(alpha.bench.host)
    known = {line.split()[0] for line in alpha.there("ip", "neigh", "show", "nud", "permanent").splitlines()}
    assert known == {two.address}, "whose MAC address tells its address"
    other = alpha.container(5)
    with capture(alpha.namespace, CABLE) as cable:
        assert other.pings(two.address) and other.pings(own.address)
        assert other.neighbour(two.address) == two.mac
        asked = {each.question for each in cable.tunnelled() if each.question and each.sender == other.mac}
    assert asked == {own.address}
    beta.there("ip", "link", "set", beta.tunnel, "down")  # a node that is gone says nothing more
    told_of(alpha, BETA, gone=True)
    assert alpha.there("ip", "neigh", "show", "nud", "permanent") == ""
    assert {where for _, where in alpha.fdb()} == {ALPHA}


def test_an_internal_network_reaches_across_and_not_out(hosts):
    alpha, beta = hosts
    both(hosts, SHARED, labels={"com.docker.network.internal": True})
    one, two = alpha.container(2), beta.container(3)
    assert one.pings(two.address)
    inside(one.box, "ip", "route", "add", "default", "via", GATEWAY)
    assert not one.pings(BETA, tries=1)


def test_without_icc_containers_reach_each_other_on_no_host(hosts):
    alpha, beta = hosts
    both(hosts, {**SHARED, "icc": "false"})
    one, two, three = alpha.container(2), beta.container(3), alpha.container(4)
    assert not one.pings(two.address, tries=1) and not one.pings(three.address, tries=1)
    assert one.pings(GATEWAY)


def test_a_published_port_answers_on_the_containers_host_also_to_containers_elsewhere(hosts):
    alpha, beta = hosts
    both(hosts, SHARED)
    one, two, three = alpha.container(2), beta.container(3), alpha.container(4)
    binding = {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]}
    alpha.call("program_external_connectivity", EndpointID=one.endpoint, Options=binding)
    with server(one.box, "tcp", 80):
        assert ask(beta.namespace, "tcp", ALPHA, 8080) == BETA
        assert ask(two.box, "tcp", ALPHA, 8080) == BETA, "masqueraded by its own host"
        assert ask(two.box, "tcp", one.address, 80) == two.address, "within the network as it is"
        for _ in range(3):  # as often as it takes to learn of another way
            assert ask(three.box, "tcp", ALPHA, 8080) in (GATEWAY, three.address)
            assert ask(one.box, "tcp", ALPHA, 8080) == GATEWAY, "itself, by the host's address"


def test_nothing_is_left_of_a_network_on_either_host(hosts):
    before = [site.sh("ip", "-o", "link") for site in hosts]
    both(hosts, {**SHARED, "proxy_arp": "true"})
    told_of(hosts[0], BETA)
    one, two = hosts[0].container(2), hosts[1].container(3)
    assert one.pings(two.address)
    vxlan.look_after(hosts[0].bench.host)
    told_of(hosts[0], BETA, gone=True)
    for site, container in zip(hosts, (one, two), strict=True):
        container.remove()
        site.call("delete_network")
        assert site.bench.rules() == ""
        store = site.bench.host.store
        assert not any((store.networks, store.endpoints, store.tunnels, store.nodes))
        assert "wst" not in site.sh("bridge", "fdb", "show")
        assert site.sh("ip", "neigh", "show", "nud", "permanent") == ""
        assert site.bench.host.rooms.found(site.bench.host) == []
    assert [site.sh("ip", "-o", "link").count("\n") for site in hosts] == [text.count("\n") for text in before]
