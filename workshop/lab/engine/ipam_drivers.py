"""Who gives out addresses: Docker's own (``ipam.py``), a plugin, or nobody."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass
from typing import Any, Protocol

from workshop.lab.engine.decoding import PluginFailure, field
from workshop.lab.engine.ipam import Ipam, IPNetwork
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.remote import Plugin, Plugins
from workshop.lab.engine.versions import Version
from workshop.protocol.told import TOLD

DEFAULT, NULL = "default", "null"
"""The names of Docker's own two."""

GATEWAY = "com.docker.network.gateway"
MAC = "com.docker.network.endpoint.macaddress"


class PoolLike(Protocol):
    """A subnet that was given out. ``gateway`` is the one that its driver named by itself, with mask."""

    subnet: IPNetwork
    space: str
    gateway: str


class IpamDriver(Protocol):
    """Whoever gives out addresses. All raise Refusal. ``needs_mac``: it is to be told a container's MAC address."""

    needs_mac: bool

    def begin(self) -> None:
        """A network is about to be made."""
        ...

    def add(self, subnet: str | None, part: str | None, version: int, options: dict[str, str]) -> PoolLike: ...

    def remove(self, pool: Any) -> None: ...

    def take(self, pool: Any, wanted: str | None = None, *, gateway: bool = False, mac: str = "") -> str: ...

    def give_back(self, pool: Any, address: str) -> None: ...


@dataclass
class RemotePool:
    """A plugin's pool: ``key`` is what it is called there."""

    key: str
    subnet: IPNetwork
    space: str
    gateway: str = ""


class RemoteIpam:
    """A plugin that gives out addresses."""

    def __init__(self, plugin: Plugin, version: Version) -> None:
        self._plugin, self._version = plugin, version
        self._space = plugin.address_space
        self.needs_mac = bool(field(plugin.ipam_capabilities, "RequiresMACAddress"))

    def begin(self) -> None:
        if self._version.asks_spaces:
            self._ask_space()

    def add(self, subnet: str | None, part: str | None, version: int, options: dict[str, str]) -> RemotePool:
        if self._version.asks_spaces_again:
            self._ask_space()
        body = {"Pool": subnet or "", "SubPool": part or "", "Options": options, "V6": version == 6}
        answer = self._call("RequestPool", {"AddressSpace": self._space, **body})
        text = str(field(answer, "Pool") or "")
        try:
            given = ipaddress.ip_network(text if "/" in text else "", strict=False)
        except ValueError:
            raise Refusal(self._version.bad_pool.format(pool=text)) from None
        gateway = (field(answer, "Data") or {}).get(GATEWAY) or ""
        return RemotePool(str(field(answer, "PoolID") or ""), given, self._space, gateway)

    def remove(self, pool: RemotePool) -> None:
        with contextlib.suppress(Refusal):  # only logged
            self._call("ReleasePool", {"PoolID": pool.key})

    def take(self, pool: RemotePool, wanted: str | None = None, *, gateway: bool = False, mac: str = "") -> str:
        options = {"RequestAddressType": GATEWAY} if gateway else {MAC: mac} if mac and self.needs_mac else None
        body = {"PoolID": pool.key, "Address": wanted or "", "Options": options}
        address = str(field(self._call("RequestAddress", body), "Address") or "")
        if not address:
            raise Refusal(self._version.no_address)
        with contextlib.suppress(ValueError):
            if "/" in address:
                return str(ipaddress.ip_interface(address))
        raise Refusal(f"invalid CIDR address: {address}")

    def give_back(self, pool: RemotePool, address: str) -> None:
        with contextlib.suppress(Refusal):  # only logged
            self._call("ReleaseAddress", {"PoolID": pool.key, "Address": address.partition("/")[0]})

    def _ask_space(self) -> None:
        try:
            self._space = self._plugin.ask_address_space()
        except PluginFailure as error:
            words = TOLD["IpamDriver.GetDefaultAddressSpaces"].text
            raise Refusal(words.format(failure=error)) from None

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._plugin.call(f"IpamDriver.{method}", body)
        except PluginFailure as error:
            raise Refusal(str(error)) from None


class NullIpam:
    """Nobody: networks have no subnets, containers no addresses."""

    needs_mac = False

    def __init__(self, version: Version) -> None:
        self._version = version

    def begin(self) -> None:
        pass

    def add(self, subnet: str | None, part: str | None, version: int, options: dict[str, str]) -> RemotePool:
        if version == 6 and self._version.null_ipv6:
            raise Refusal(self._version.null_ipv6)
        if subnet:
            raise Refusal("null ipam driver does not handle specific address pool requests")
        return RemotePool("", ipaddress.ip_network("0.0.0.0/0" if version == 4 else "::/0"), "null")

    def remove(self, pool: RemotePool) -> None:
        pass

    def take(self, pool: RemotePool, wanted: str | None = None, *, gateway: bool = False, mac: str = "") -> str:
        return ""

    def give_back(self, pool: RemotePool, address: str) -> None:
        pass


class IpamDrivers:
    """All that give out addresses, by name."""

    def __init__(self, own: Ipam, plugins: Plugins, version: Version) -> None:
        self._own, self._plugins, self._version = own, plugins, version

    def get(self, name: str) -> IpamDriver:
        """The one of that name. Raises Refusal if there is none."""
        if name == DEFAULT:
            return self._own
        if name == NULL:
            return NullIpam(self._version)
        plugin = self._plugins.implementing(name, "IpamDriver")
        if plugin.address_space is None:
            raise Refusal(f'invalid ipam driver: "{name}"', 400)
        return RemoteIpam(plugin, self._version)

    def rewind(self) -> None:
        """Begin with Docker's first default subnets again, as when it has started."""
        self._own.rewind()
