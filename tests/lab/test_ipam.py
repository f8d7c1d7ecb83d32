"""Address management: no kernel, no clock."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.lab.engine.ipam import NO_POOL6, OVERLAP, Ipam
from workshop.lab.engine.refusal import Refusal

pytestmark = pytest.mark.fast


def test_the_first_addresses_are_given_out_in_order() -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/24")
    assert [ipam.take(pool) for _ in range(3)] == ["10.9.0.1/24", "10.9.0.2/24", "10.9.0.3/24"]


def test_an_address_given_back_is_the_next_one() -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/24")
    first = ipam.take(pool)
    ipam.take(pool)
    ipam.give_back(pool, first)
    assert ipam.take(pool) == first


def test_a_range_limits_what_is_chosen_but_not_what_is_asked_for() -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/24", "10.9.0.128/25")
    assert ipam.take(pool) == "10.9.0.128/24"
    assert ipam.take(pool, "10.9.0.5") == "10.9.0.5/24"


def test_network_and_broadcast_addresses_are_never_given_out() -> None:
    ipam = Ipam()
    pool = ipam.add("10.8.0.0/30")
    assert [ipam.take(pool), ipam.take(pool)] == ["10.8.0.1/30", "10.8.0.2/30"]
    with pytest.raises(Refusal, match="no available IPv4 addresses"):
        ipam.take(pool)


def test_a_subnet_of_two_addresses_has_no_broadcast_address() -> None:
    ipam = Ipam()
    pool = ipam.add("10.8.0.0/31")
    assert [ipam.take(pool), ipam.take(pool)] == ["10.8.0.0/31", "10.8.0.1/31"]


def test_ipv6_begins_with_one() -> None:
    ipam = Ipam()
    pool = ipam.add("fd00:9::/64")
    assert ipam.take(pool) == "fd00:9::1/64"


def test_an_address_is_not_given_out_twice() -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/24")
    ipam.take(pool, "10.9.0.9")
    with pytest.raises(Refusal, match="^Address already in use$"):
        ipam.take(pool, "10.9.0.9")


def test_an_address_of_another_subnet_is_refused() -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/24")
    with pytest.raises(Refusal, match="Invalid address 10.1.1.1: It does not belong"):
        ipam.take(pool, "10.1.1.1")


@pytest.mark.parametrize("other", ["10.9.0.0/24", "10.9.0.0/25", "10.9.0.0/16", "10.9.0.5/32"])
def test_subnets_must_not_overlap(other: str) -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/24")
    with pytest.raises(Refusal, match=OVERLAP):
        ipam.add(other)
    ipam.remove(pool)
    assert str(ipam.add(other).subnet)


def test_default_subnets_are_taken_in_turn_by_older_engines() -> None:
    ipam = Ipam(rotates=True)
    first = ipam.add(None)
    ipam.remove(first)
    assert [str(first.subnet), str(ipam.add(None).subnet)] == ["172.17.0.0/16", "172.18.0.0/16"]


def test_the_lowest_free_default_subnet_is_taken_by_newer_engines() -> None:
    ipam = Ipam()
    first = ipam.add(None)
    second = ipam.add(None)
    ipam.remove(first)
    assert str(second.subnet) == "172.18.0.0/16"
    assert str(ipam.add(None).subnet) == "172.17.0.0/16"


def test_default_subnets_keep_away_from_the_hosts_routes() -> None:
    ipam = Ipam(busy=lambda: [ipaddress.ip_network("172.17.4.0/24"), ipaddress.ip_network("172.18.0.0/15")])
    assert str(ipam.add(None).subnet) == "172.20.0.0/16"


def test_there_are_thirty_one_default_subnets() -> None:
    ipam = Ipam()
    subnets = [str(ipam.add(None).subnet) for _ in range(31)]
    assert subnets[14:16] == ["172.31.0.0/16", "192.168.0.0/20"]
    with pytest.raises(Refusal, match="fully subnetted"):
        ipam.add(None)


def test_older_engines_have_no_default_ipv6_subnets() -> None:
    with pytest.raises(Refusal, match=NO_POOL6):
        Ipam().add(None, version=6)


def test_newer_engines_have_a_range_of_ipv6_subnets_of_their_own() -> None:
    ipam = Ipam(seed="an engine")
    first, second = (ipam.add(None, version=6).subnet for _ in range(2))
    assert first.prefixlen == second.prefixlen == 64 and first != second
    assert first.subnet_of(ipaddress.ip_network("fd00::/8")) and first.supernet(16) == second.supernet(16)
    assert Ipam(seed="an engine").add(None, version=6).subnet == first
    assert Ipam(seed="another").add(None, version=6).subnet != first


@given(st.lists(st.one_of(st.none(), st.integers(1, 6)), max_size=12))
def test_whatever_is_asked_for_no_address_is_held_twice(wishes: list[int | None]) -> None:
    ipam = Ipam()
    pool = ipam.add("10.9.0.0/29")
    held: list[str] = []
    for wish in wishes:
        try:
            held.append(ipam.take(pool, f"10.9.0.{wish}" if wish else None))
        except Refusal:
            assert (f"10.9.0.{wish}/29" in held) if wish else len(held) == 6
    assert len(held) == len(set(held))
