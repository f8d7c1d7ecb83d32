"""The IPAM driver's routes: each takes or gives back under one lock, and writes it down before it answers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workshop.drivers import Handler
from workshop.drivers.facts import pools_of
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.ipam import routes
from workshop.ipam.pools import Network, Pools
from workshop.protocol import ipam as p
from workshop.protocol.types import Empty

SPACES = ("local", "global")
"""What our address spaces are called. No two pools overlap, whatever their space: all end up on this host."""

MACHINE = ("/etc/machine-id", "/proc/sys/kernel/random/boot_id")
"""Where one finds what no other machine has; a managed plugin sees only the second."""

TYPE = "RequestAddressType"
"""The option that says what an address is for."""


class Ipam:
    """The pools and addresses of one host, as its store has them.

    Whoever is asked at the same time waits: nothing is given out twice. What was given out in an answer that Docker
    cannot have got is taken back at the next start: ``answered`` is to be called when an answer is about to be sent.
    """

    def __init__(self, host: Host) -> None:
        self._host, self._store = host, host.store
        self._pools = self._none()
        self._lock = threading.Lock()

    def _none(self) -> Pools:
        return Pools(f"{_machine()} {self._host.plugin}")

    def handlers(self) -> dict[str, Handler]:
        """The functions that answer, by route name."""
        return {name: getattr(self, name) for name in dir(self) if name.startswith("ipam_")}

    def restore(self) -> list[str]:
        """Take up what is remembered, and nothing else; say what was taken back, because nobody can have got it."""
        done = []
        with self._lock:
            self._pools = self._none()
            for key, row in self._store.pools.items():
                if row["Answered"]:
                    self._pools.add(row["AddressSpace"], row["Pool"], row["SubPool"])
                else:
                    done.append(f"took back pool {row['Pool']}: its request was cut short")
                    self._store.pools.drop(key)
            for key, row in self._store.addresses.items():
                if row["PoolID"] in self._pools and row["Answered"]:
                    self._pools[row["PoolID"]].take(row["Address"])
                else:
                    done += [f"took back {row['Address']}: its request was cut short"] * (not row["Answered"])
                    self._store.addresses.drop(key)
        return done

    def answered(self, route: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """An answer is on its way: what it gives out is Docker's from now on."""
        if route == "ipam_request_pool":
            table, key = self._store.pools, answer["PoolID"]
        elif route == "ipam_request_address":
            table, key = self._store.addresses, _key(request["PoolID"], answer["Address"])
        else:
            return
        row = table.get(key)
        if row is not None:
            table.put(key, {**row, "Answered": True})

    def ipam_get_capabilities(self, request: Empty, host: Host) -> p.IpamCapabilitiesAnswer:
        """IpamDriver.GetCapabilities: MAC addresses do not matter, and nothing is forgotten."""
        return {"RequiresMACAddress": False, "RequiresRequestReplay": False}

    def ipam_get_default_address_spaces(self, request: Empty, host: Host) -> p.AddressSpacesAnswer:
        """IpamDriver.GetDefaultAddressSpaces: one for networks on one host, one for those that span hosts."""
        return {"LocalDefaultAddressSpace": SPACES[0], "GlobalDefaultAddressSpace": SPACES[1]}

    def ipam_request_pool(self, request: p.RequestPoolRequest, host: Host) -> p.RequestPoolAnswer:
        """IpamDriver.RequestPool: the subnet asked for, or one that nobody has."""
        space, subnet, part = (request.get(key) or "" for key in ("AddressSpace", "Pool", "SubPool"))
        if space not in SPACES:
            raise PluginError(f"there is no address space {space!r}; there are {' and '.join(SPACES)}")
        for name in request.get("Options") or {}:
            host.warn(f"The option {name!r} of --ipam-opt is not known and has no effect.")
        version = 6 if request.get("V6") else 4
        with self._lock:
            key, pool = self._pools.add(space, subnet, part, version=version, busy=self._busy())
            if pool.subnet.version != version and request.get("V6"):
                self._pools.remove(key)
                raise PluginError(f"Pool: {pool.subnet} is of IPv4; expected a subnet of IPv6")
            row = {"AddressSpace": space, "Pool": str(pool.subnet), "SubPool": str(pool.part), "Answered": False}
            self._keep(lambda: self._store.pools.put(key, row), lambda: self._pools.remove(key))
        return {"PoolID": key, "Pool": str(pool.subnet), "Data": {}}

    def ipam_release_pool(self, request: p.ReleasePoolRequest, host: Host) -> Empty:
        """IpamDriver.ReleasePool: the subnet is free afterwards, whether or not it was given out."""
        key = request["PoolID"]
        with self._lock:
            for address, row in self._store.addresses.items():
                if row["PoolID"] == key:
                    self._store.addresses.drop(address)
            self._store.pools.drop(key)
            self._pools.remove(key)
        return {}

    def ipam_request_address(self, request: p.RequestAddressRequest, host: Host) -> p.RequestAddressAnswer:
        """IpamDriver.RequestAddress: the address asked for, or the lowest that is free."""
        key = request["PoolID"]
        kind = "gateway" if (request.get("Options") or {}).get(TYPE) == p.GATEWAY else "container"
        with self._lock:
            pool = self._pools[key]
            address = pool.take(request.get("Address") or "")
            row = {"PoolID": key, "Address": str(address), "For": kind, "Answered": False}
            self._keep(
                lambda: self._store.addresses.put(_key(key, str(address)), row),
                lambda: pool.give_back(str(address)),
            )
        return {"Address": f"{address}/{pool.subnet.prefixlen}", "Data": {}}

    def ipam_release_address(self, request: p.ReleaseAddressRequest, host: Host) -> Empty:
        """IpamDriver.ReleaseAddress: the address is free afterwards, whether or not it was given out."""
        key, address = request["PoolID"], request["Address"]
        with self._lock:
            if key in self._pools and self._pools[key].give_back(address):
                self._store.addresses.drop(_key(key, address))
        return {}

    def _keep(self, write: Callable[[], None], undo: Callable[[], object]) -> None:
        """Write something down; if that fails, it was not given out."""
        try:
            write()
        except BaseException:
            undo()
            raise

    def _busy(self) -> Iterator[tuple[Network, str]]:
        """Subnets that are this host's or a network's of this plugin, and whose."""
        for network_id, pool in pools_of(self._host.networks):
            yield pool, f"of network {network_id[:12]}"
        for subnet, link in routes.of(self._host.kernel):
            yield subnet, f"to which the host has a route (dev {link})"


def _key(pool: str, address: str) -> str:
    """How an address is called in the store; it may have its mask."""
    return f"{pool} {address.partition('/')[0]}"


def _machine() -> str:
    """What tells this machine from others, at least until it is started anew."""
    for path in MACHINE:
        with contextlib.suppress(OSError):
            if text := Path(path).read_text().strip():
                return text
    return ""
