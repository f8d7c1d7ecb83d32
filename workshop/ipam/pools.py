"""Pools that do not overlap, and addresses in them that are given out once. Pure: no kernel, no store, no locks."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workshop.errors import PluginError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

RANGE4, LENGTH4, LENGTH6 = ipaddress.IPv4Network("10.208.0.0/12"), 24, 64
"""Where subnets of IPv4 come from if the user names none (Docker takes its own from 172.16/12 and 192.168/16), and how
long the subnets' masks are."""


@dataclass
class Pool:
    """A subnet, and what is given out of it. ``part`` is where addresses come from that nobody named."""

    subnet: Network
    part: Network
    _taken: set[int] = field(default_factory=set)
    _lowest: int = 0

    def __post_init__(self) -> None:
        self._lowest = int(self.part.network_address)

    def take(self, wanted: str = "") -> Address:
        """Give out an address: the ``wanted`` one, or the lowest that is free in ``part``.

        :raises PluginError: if it is taken or not one that a container can have, or none is free.
        """
        number = self._number(wanted) if wanted else next(self._free(), None)
        if number is None:
            raise PluginError(f"no address of {self.part} is free")
        if number in self._taken:
            raise PluginError(f"the address {wanted} is in use")
        self._taken.add(number)
        if number == self._lowest:
            self._lowest += 1
        return self._address(number)

    def give_back(self, address: str) -> bool:
        """Make an address free again, with or without its mask; say whether it was taken."""
        try:
            number = int(ipaddress.ip_interface(address).ip)
        except ValueError:
            return False
        if number not in self._taken:
            return False
        self._taken.discard(number)
        if number in self._numbers():
            self._lowest = min(self._lowest, number)
        return True

    def _number(self, wanted: str) -> int:
        try:
            address = ipaddress.ip_address(wanted)
        except ValueError:
            raise PluginError(f"Address: {wanted!r} is not valid; expected one such as {self._example()}") from None
        if address not in self.subnet:
            raise PluginError(f"the address {wanted} is not in the pool {self.subnet}")
        if int(address) in self._reserved():
            raise PluginError(f"the address {wanted} is {self.subnet}'s own: no container can have it")
        return int(address)

    def _free(self) -> Iterator[int]:
        reserved = self._reserved()
        for number in range(max(self._lowest, self._numbers().start), self._numbers().stop):
            if number not in self._taken and number not in reserved:
                yield number

    def _numbers(self) -> range:
        return range(int(self.part.network_address), int(self.part.broadcast_address) + 1)

    def _reserved(self) -> set[int]:
        """The subnet's own address, and IPv4's for all of it; a subnet of one or two has none."""
        if self.subnet.num_addresses <= 2:
            return set()
        first, last = int(self.subnet.network_address), int(self.subnet.broadcast_address)
        return {first} if self.subnet.version == 6 else {first, last}

    def _example(self) -> Address:
        return self._address(next(self._free(), int(self.subnet.network_address)))

    def _address(self, number: int) -> Address:
        return type(self.subnet.network_address)(number)


class Pools:
    """The pools of one host, by ID. ``seed`` decides which subnets of IPv6 are given out if the user names none."""

    def __init__(self, seed: str = "") -> None:
        self._pools: dict[str, Pool] = {}
        self._range6 = unique_local(seed)

    def __getitem__(self, key: str) -> Pool:
        """The pool of this ID. Raises PluginError if there is none."""
        try:
            return self._pools[key]
        except KeyError:
            raise PluginError(
                f"there is no pool {key!r}: it was not given out by this plugin, or was released"
            ) from None

    def __contains__(self, key: object) -> bool:
        return key in self._pools

    def __len__(self) -> int:
        return len(self._pools)

    def add(
        self, space: str, subnet: str, part: str = "", *, version: int = 4, busy: Iterable[tuple[Network, str]] = ()
    ) -> tuple[str, Pool]:
        """Give out the subnet that is asked for, or any of this IP version; give its ID and the pool.

        ``busy`` are subnets that others have, each with words that say who.

        :raises PluginError: if it is not valid, or overlaps with one that is given out or busy; or none is left.
        """
        others = [*((pool.subnet, "which is given out already") for pool in self._pools.values()), *busy]
        if subnet:
            network = _network("Pool", subnet)
            _refuse_special(network)
            for other, whose in others:
                if _overlap(network, other):
                    raise PluginError(f"the pool {network} overlaps with {other}, {whose}; choose another subnet")
        elif part:
            raise PluginError(f"SubPool: {part} is a part of a pool, and Pool is empty: name the subnet too")
        else:
            network = self._any(version, [other for other, _ in others])
        key = f"{space}/{network}"
        self._pools[key] = Pool(network, _part(network, part))
        return key, self._pools[key]

    def remove(self, key: str) -> bool:
        """Take a pool back, with all addresses in it; say whether it was given out."""
        return self._pools.pop(key, None) is not None

    def _any(self, version: int, others: list[Network]) -> Network:
        """The first subnet of our own range that overlaps with none of the others."""
        source, length = (RANGE4, LENGTH4) if version == 4 else (self._range6, LENGTH6)
        size, start = 2 ** (source.max_prefixlen - length), int(source.network_address)
        for first, last in sorted(_ends(other) for other in others if _overlap(source, other)):
            if first >= start + size:
                break  # there is room before it
            start = max(start, (last // size + 1) * size)
        if start > int(source.broadcast_address):
            raise PluginError(f"no subnet of {source} is left; name one with --subnet")
        return type(source)((start, length))


def unique_local(seed: str) -> ipaddress.IPv6Network:
    """A range of IPv6 addresses of one's own (RFC 4193), always the same for one seed."""
    return ipaddress.IPv6Network((b"\xfd" + hashlib.sha256(seed.encode()).digest()[:5] + bytes(10), 48))


def _network(field: str, text: str) -> Network:
    try:
        return ipaddress.ip_network(text if "%" not in text else "", strict=False)
    except ValueError:
        raise PluginError(f"{field}: {text!r} is not valid; expected a subnet such as 10.9.0.0/24") from None


def _part(network: Network, text: str) -> Network:
    if not text:
        return network
    part = _network("SubPool", text)
    if part.version != network.version or not part.subnet_of(network):  # type: ignore[arg-type]
        raise PluginError(f"SubPool: {part} is not a part of the pool {network}")
    return part


def _refuse_special(network: Network) -> None:
    special = (
        (network.prefixlen == 0, "is everything"),
        (network.is_loopback, "never leaves a host"),
        (network.is_multicast, "is for groups"),
        (network.is_link_local, "is the same on every link"),
    )
    for is_so, why in special:
        if is_so:
            raise PluginError(f"the pool {network} cannot be given out: it {why}")


def _ends(network: Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
