"""Docker's default address management: pools that do not overlap, addresses in them, the lowest free one
first.

Pure: no kernel, no clock. Everything is guarded by one lock, so it may be called from any thread.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
from collections.abc import Callable, Iterator
from typing import Any

from workshop.lab.engine.refusal import Refusal

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_POOLS = (
    *((f"172.{second}.0.0/16", 16) for second in (17, 18, 19)),
    *((f"172.{second}.0.0/14", 16) for second in (20, 24, 28)),
    ("192.168.0.0/16", 20),
)
"""Where subnets come from when none is asked for: a range, and the length of the subnets cut from it."""

NO_POOL4 = "all predefined address pools have been fully subnetted"
NO_POOL6 = "could not find an available, non-overlapping IPv6 address pool among the defaults to assign to the network"
OVERLAP = "Pool overlaps with other one on this address space"


class NoAddress(Refusal):
    """A pool has no free address."""


class Pool:
    """A subnet and what is given out of it. ``range`` is the part that addresses are taken from without being
    named.
    """

    space, gateway = "LocalDefault", ""

    def __init__(self, subnet: IPNetwork, part: IPNetwork | None = None) -> None:
        self.subnet, self.range = subnet, part or subnet
        self._taken: set[int] = set()
        first, last = int(subnet.network_address), int(subnet.broadcast_address)
        if subnet.version == 6 or subnet.num_addresses > 2:
            self._taken.add(first)
        if subnet.version == 4 and subnet.num_addresses > 2:
            self._taken.add(last)

    def take(self, wanted: str | None = None) -> str:
        """An address with the subnet's mask: the one wanted, or the lowest free one.

        :raises Refusal: if it is taken, is not of this subnet, or there is none left.
        """
        if wanted is None:
            number = next((n for n in self._range() if n not in self._taken), None)
            if number is None:
                raise NoAddress(f"no available IPv{self.subnet.version} addresses on this network's address pools")
        else:
            address = ipaddress.ip_address(wanted)
            if address not in self.subnet:
                raise Refusal(f"Invalid address {wanted}: It does not belong to any of this network's subnets", 400)
            number = int(address)
            if number in self._taken:
                raise Refusal("Address already in use", 403)
        self._taken.add(number)
        return f"{type(self.subnet.network_address)(number)}/{self.subnet.prefixlen}"

    def give_back(self, address: str) -> None:
        """Make an address free again, with or without its mask; nothing happens if it was."""
        self._taken.discard(int(ipaddress.ip_interface(address).ip))

    def _range(self) -> Iterator[int]:
        number = int(self.range.network_address)
        while number <= int(self.range.broadcast_address):
            yield number
            number += 1


class Ipam:
    """All pools of one engine.

    ``rotates`` takes default subnets in turn, as Docker did before 27; else the lowest free one is taken.
    ``seed`` makes the engine's own range of IPv6 addresses; without it there are no default IPv6 subnets.
    ``busy`` tells which subnets the host has routes to: default subnets keep away from them.
    """

    needs_mac = False

    def __init__(
        self, rotates: bool = False, seed: str | None = None, busy: Callable[[], list[IPNetwork]] = list
    ) -> None:
        self._pools: list[Pool] = []
        self._lock = threading.Lock()
        self._busy, self._rotates, self._next = busy, rotates, 0
        self._defaults = [
            subnet
            for whole, length in DEFAULT_POOLS
            for subnet in ipaddress.ip_network(whole).subnets(new_prefix=length)
        ]
        self._unique_local = _unique_local(seed) if seed else None

    def begin(self) -> None:
        """A network is about to be made: nothing to do."""

    def add(
        self, subnet: str | None, part: str | None = None, version: int = 4, options: dict[str, str] | None = None
    ) -> Pool:
        """A pool of the given subnet, or the next default one. Raises Refusal if it overlaps, or none is
        left.
        """
        with self._lock:
            if subnet:
                network = ipaddress.ip_network(subnet, strict=False)
                if any(network.version == p.subnet.version and network.overlaps(p.subnet) for p in self._pools):
                    raise Refusal(OVERLAP, 403)
                pool = Pool(network, ipaddress.ip_network(part, strict=False) if part else None)
            else:
                pool = Pool(self._default4() if version == 4 else self._default6())
            self._pools.append(pool)
            return pool

    def remove(self, pool: Pool) -> None:
        """Give a subnet back."""
        with self._lock:
            if pool in self._pools:
                self._pools.remove(pool)

    def rewind(self) -> None:
        """Begin with the first default subnets again, as when Docker has started."""
        with self._lock:
            self._next = 0

    def take(self, pool: Pool, wanted: str | None = None, *, gateway: bool = False, mac: str = "") -> str:
        """An address of a pool, with its mask; what for, does not matter. Raises Refusal."""
        with self._lock:
            return pool.take(wanted)

    def give_back(self, pool: Pool, address: str) -> None:
        """Make an address free again."""
        with self._lock:
            pool.give_back(address)

    def _default4(self) -> IPNetwork:
        count, busy = len(self._defaults), self._busy()
        start = self._next if self._rotates else 0
        for offset in range(count):
            place = (start + offset) % count
            if self._is_free(self._defaults[place], busy):
                self._next = place + 1
                return self._defaults[place]
        raise Refusal(NO_POOL4)

    def _default6(self) -> IPNetwork:
        if self._unique_local is None:
            raise Refusal(NO_POOL6)
        busy = self._busy()
        return next(net for net in self._unique_local.subnets(new_prefix=64) if self._is_free(net, busy))

    def _is_free(self, network: IPNetwork, busy: list[IPNetwork]) -> bool:
        others: list[Any] = [pool.subnet for pool in self._pools] + busy
        return not any(other.version == network.version and network.overlaps(other) for other in others)


def _unique_local(seed: str) -> ipaddress.IPv6Network:
    """A /48 of one's own (RFC 4193), always the same for one seed."""
    return ipaddress.IPv6Network((b"\xfd" + hashlib.sha256(seed.encode()).digest()[:5] + bytes(10), 48))
