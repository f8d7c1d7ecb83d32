"""Pools and addresses: no kernel, no store."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from workshop.errors import PluginError
from workshop.ipam.pools import RANGE4, Pools, unique_local


def pool(subnet: str, part: str = ""):
    return Pools().add("local", subnet, part)[1]


def text(address: object) -> str:
    return str(address)


def test_the_lowest_free_address_is_given_out_and_one_given_back_is_the_next():
    one = pool("10.9.0.0/24")
    assert [text(one.take()) for _ in range(3)] == ["10.9.0.1", "10.9.0.2", "10.9.0.3"]
    assert one.give_back("10.9.0.2/24")
    assert [text(one.take()) for _ in range(2)] == ["10.9.0.2", "10.9.0.4"]


@pytest.mark.parametrize(
    ("subnet", "addresses"),
    [
        ("10.9.0.0/30", ["10.9.0.1", "10.9.0.2"]),
        ("10.9.0.0/31", ["10.9.0.0", "10.9.0.1"]),
        ("10.9.0.7/32", ["10.9.0.7"]),
        ("fd00:9::/126", ["fd00:9::1", "fd00:9::2", "fd00:9::3"]),
        ("fd00:9::/127", ["fd00:9::", "fd00:9::1"]),
        ("fd00:9::8/128", ["fd00:9::8"]),
    ],
)
def test_a_pool_gives_out_what_a_container_can_have_and_then_says_that_it_is_empty(subnet: str, addresses: list[str]):
    one = pool(subnet)
    assert [text(one.take()) for _ in addresses] == addresses
    with pytest.raises(PluginError, match=f"no address of {subnet} is free"):
        one.take()


def test_a_part_limits_what_is_chosen_and_not_what_is_named():
    one = pool("10.9.0.0/24", "10.9.0.128/30")
    assert text(one.take("10.9.0.5")) == "10.9.0.5"
    assert [text(one.take()) for _ in range(4)] == [f"10.9.0.{number}" for number in range(128, 132)]
    with pytest.raises(PluginError, match="no address of 10.9.0.128/30 is free"):
        one.take()
    assert one.give_back("10.9.0.5") and not one.give_back("10.9.0.5")
    with pytest.raises(PluginError, match="is free"):
        one.take()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("10.9.0.9", "the address 10.9.0.9 is in use"),
        ("10.8.0.9", "the address 10.8.0.9 is not in the pool 10.9.0.0/24"),
        ("fd00::1", "is not in the pool"),
        ("10.9.0.0", "no container can have it"),
        ("10.9.0.255", "no container can have it"),
        ("here", "Address: 'here' is not valid; expected one such as 10.9.0.1"),
        ("10.9.0.7/24", "is not valid"),
    ],
)
def test_an_address_that_cannot_be_given_out_is_refused_with_the_reason(wanted: str, said: str):
    one = pool("10.9.0.0/24")
    one.take("10.9.0.9")
    with pytest.raises(PluginError, match=said):
        one.take(wanted)


@pytest.mark.parametrize("other", ["10.9.0.0/24", "10.9.0.0/25", "10.9.0.0/16", "10.9.0.5/32"])
def test_a_pool_that_overlaps_is_refused_whatever_the_space_until_the_other_is_gone(other: str):
    pools = Pools()
    key, _ = pools.add("local", "10.9.0.0/24")
    with pytest.raises(PluginError, match=f"the pool {other} overlaps with 10.9.0.0/24, which is given out already"):
        pools.add("global", other)
    assert pools.remove(key) and not pools.remove(key)
    pools.add("global", other)


def test_a_pool_that_overlaps_with_what_is_busy_is_refused_and_none_such_is_chosen():
    busy = [(ipaddress.ip_network("10.208.0.0/23"), "to which the host has a route (dev eth0)")]
    with pytest.raises(PluginError, match=r"overlaps with 10.208.0.0/23, to which the host has a route \(dev eth0\)"):
        Pools().add("local", "10.208.1.0/24", busy=busy)
    assert Pools().add("local", "", busy=busy)[0] == "local/10.208.2.0/24"


@pytest.mark.parametrize(
    ("subnet", "part", "said"),
    [
        ("10.9.0.0/99", "", "Pool: '10.9.0.0/99' is not valid; expected a subnet such as 10.9.0.0/24"),
        ("fe80::%eth0/64", "", "Pool: .* is not valid"),
        ("10.9.0.0/24", "10.8.0.0/25", "SubPool: 10.8.0.0/25 is not a part of the pool 10.9.0.0/24"),
        ("10.9.0.0/24", "fd00::/64", "is not a part of the pool"),
        ("10.9.0.0/24", "x", "SubPool: 'x' is not valid"),
        ("", "10.9.0.0/25", "Pool is empty: name the subnet too"),
        ("0.0.0.0/0", "", "it is everything"),
        ("127.0.0.0/8", "", "it never leaves a host"),
        ("224.0.0.0/8", "", "it is for groups"),
        ("fe80::/64", "", "it is the same on every link"),
    ],
)
def test_a_pool_that_cannot_be_given_out_is_refused_with_the_reason(subnet: str, part: str, said: str):
    pools = Pools()
    with pytest.raises(PluginError, match=said):
        pools.add("local", subnet, part)
    assert len(pools) == 0


def test_subnets_that_nobody_names_do_not_overlap_and_end_one_day():
    pools, every = Pools("a machine"), list(RANGE4.subnets(new_prefix=24))
    others = [every[1], *RANGE4.subnets(new_prefix=16), ipaddress.ip_network("10.0.0.0/9")]
    busy = [(other, "") for other in others if not other.overlaps(every[0]) or other.prefixlen == 24]
    four = [pools.add("local", "", busy=busy)[1].subnet for _ in range(255)]
    assert four == [every[0], *every[2:256]]
    with pytest.raises(PluginError, match="no subnet of 10.208.0.0/12 is left"):
        pools.add("local", "", busy=busy)
    six = [pools.add("local", "", version=6)[1].subnet for _ in range(3)]
    assert len(set(six)) == 3 and all(each.subnet_of(unique_local("a machine")) for each in six)
    assert unique_local("a machine") != unique_local("another")


SUBNETS = st.sampled_from(["10.9.0.0/29", "10.9.0.8/30", "10.9.0.0/28", "10.9.1.0/31", "fd00::/126", "fd00::8/125", ""])


class Life(RuleBasedStateMachine):
    """Pools that come and go, and addresses that are taken and given back, in any order."""

    held_pools, held = Bundle("pools"), Bundle("addresses")

    def __init__(self) -> None:
        super().__init__()
        self.pools, self.subnets = Pools(), {}
        self.taken: dict[str, set[str]] = {}

    @rule(target=held_pools, subnet=SUBNETS)
    def add(self, subnet: str):
        try:
            key, one = self.pools.add("local", subnet)
        except PluginError:
            network = ipaddress.ip_network(subnet)
            others = [other for other in self.subnets.values() if other.version == network.version]
            assert any(network.overlaps(other) for other in others), "refused without a reason"
            return multiple()
        self.subnets[key], self.taken[key] = one.subnet, set()
        return key

    @rule(key=consumes(held_pools))
    def remove(self, key: str) -> None:
        assert self.pools.remove(key)
        del self.subnets[key], self.taken[key]

    @rule(target=held, key=held_pools, number=st.one_of(st.none(), st.integers(0, 16)))
    def take(self, key: str, number: int | None):
        subnet, mine = self.subnets[key], self.taken[key]
        wanted = "" if number is None else str(subnet.network_address + number)
        try:
            address = str(self.pools[key].take(wanted))
        except PluginError as error:
            free = {str(each) for each in hosts(subnet)} - mine
            assert wanted not in free if wanted else not free, str(error)
            return multiple()
        assert address not in mine, "given out twice"
        assert ipaddress.ip_address(address) in subnet
        assert not wanted or address == wanted
        mine.add(address)
        return key, address

    @rule(which=held)
    def give_back(self, which: tuple[str, str]) -> None:
        key, address = which
        if key in self.pools:
            assert self.pools[key].give_back(address) is (address in self.taken[key])
            self.taken[key].discard(address)

    @invariant()
    def pools_are_apart(self) -> None:
        subnets = list(self.subnets.values())
        for number, one in enumerate(subnets):
            assert not any(one.version == other.version and one.overlaps(other) for other in subnets[number + 1 :])


def hosts(subnet) -> list:
    """The addresses that containers can have."""
    every = list(subnet) if subnet.num_addresses <= 256 else []
    if subnet.num_addresses <= 2:
        return every
    return every[1:] if subnet.version == 6 else every[1:-1]


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
