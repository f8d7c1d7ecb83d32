"""A CreateNetwork request read as addresses: pools, gateways, and what is wrong with them, in words."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workshop.drivers.options import INTERNAL, flag
from workshop.errors import PluginError

Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_GROUP = 0x01


@dataclass(frozen=True)
class Facts:
    """What a network's addresses are: its ``pools``, the ``gateways`` (with mask), and named ``auxiliary`` ones.

    ``internal`` says that nothing may go in or out.
    """

    pools: tuple[Network, ...]
    gateways: tuple[Interface, ...]
    auxiliary: Mapping[str, Interface]
    internal: bool

    def pools_of(self, version: int) -> list[Network]:
        """The pools of IP version 4 or 6."""
        return [pool for pool in self.pools if pool.version == version]

    def gateway(self, version: int, near: str | None = None) -> str | None:
        """The address that containers use as their gateway, without mask: for Join's Gateway and GatewayIPv6.

        ``near`` is the container's own address: of several pools, the gateway of that one. As with Docker's own
        bridge driver, the auxiliary address ``DefaultGatewayIPv4`` (``DefaultGatewayIPv6``) takes precedence: a router
        that is not this host.
        """
        other = self.auxiliary.get(f"DefaultGatewayIPv{version}")
        if other is not None:
            return str(other.ip)
        own = ipaddress.ip_interface(near).ip if near else None
        for gateway in self.gateways:
            if gateway.version == version and (own is None or own in gateway.network):
                return str(gateway.ip)
        return None


def facts_of(request: Mapping[str, Any]) -> Facts:
    """Read the addresses of a CreateNetwork request. A pool of all addresses is none: IPAM's driver ``null`` says so.

    :raises PluginError: naming the field, such as ``IPv4Data[0].Gateway``.
    """
    pools: list[Network] = []
    gateways: list[Interface] = []
    auxiliary: dict[str, Interface] = {}
    for key, version in (("IPv4Data", 4), ("IPv6Data", 6)):
        for number, data in enumerate(request.get(key) or []):
            where = f"{key}[{number}]"
            pool = _read(
                f"{where}.Pool",
                data.get("Pool"),
                version,
                ipaddress.ip_network,
                "a subnet such as 10.9.0.0/24",
            )
            gateway = interface(f"{where}.Gateway", data.get("Gateway"), version)
            if pool is not None and pool.prefixlen == 0:
                pool = None
            if pool is not None:
                pools.append(pool)
            if gateway is not None:
                if pool is not None and gateway.ip not in pool:
                    raise PluginError(f"{where}.Gateway: {gateway.ip} is not in the pool {pool}")
                gateways.append(gateway)
            for name, value in (data.get("AuxAddresses") or {}).items():
                one = interface(f"{where}.AuxAddresses.{name}", value, version)
                if one is not None:
                    auxiliary[name] = one
    return Facts(tuple(pools), tuple(gateways), auxiliary, flag(request, INTERNAL, False))


def pools_of(networks: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Network]]:
    """The pools of remembered networks, each with the network's ID. One that cannot be read has none."""
    for network_id, network in networks.items():
        with contextlib.suppress(PluginError):
            for pool in facts_of(network).pools:
                yield network_id, pool


def interface(field: str, value: Any, version: int) -> Interface | None:
    """An address with its mask, or ``None`` for an empty one. Raises PluginError that names ``field``."""
    example = "10.9.0.1/24" if version == 4 else "fd00:9::1/64"
    return _read(field, value, version, ipaddress.ip_interface, f"an address with a mask, such as {example}")


def mac_address(field: str, value: Any) -> str | None:
    """A MAC address that one link can have, or ``None`` for an empty one. Raises PluginError that names ``field``."""
    if value in (None, ""):
        return None
    if not _MAC.fullmatch(str(value)) or int(str(value)[:2], 16) & _GROUP or not int(str(value).replace(":", ""), 16):
        raise PluginError(f"{field}: {value!r} is not valid; expected one such as 02:42:0a:09:00:02")
    return str(value)


def _read(field: str, value: Any, version: int, reader: Any, expected: str) -> Any:
    if value in (None, ""):
        return None
    try:
        found = reader(str(value))
    except ValueError:
        found = None
    if found is None or found.version != version or "%" in str(value):
        raise PluginError(f"{field}: {value!r} is not valid; expected {expected}")
    return found
