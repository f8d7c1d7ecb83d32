"""The subnets of a network and its own addresses: taken from whoever gives them out, and given back."""

from __future__ import annotations

import ipaddress
from typing import Any

from workshop.lab.engine.ipam import NO_POOL6, OVERLAP
from workshop.lab.engine.model import Network, Subnet
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version
from workshop.protocol.told import GATEWAY


def check(wishes: list[dict[str, Any]], version: Version) -> None:
    """Refuse subnets that are none, before anybody is asked. Raises Refusal."""
    for wish in wishes:
        if wish.get("Subnet"):
            _parse(wish["Subnet"], version)


def allocate(network: Network, wishes: list[dict[str, Any]], skip: set[int], version: Version) -> None:
    """Take what a network needs; for the IP versions in ``skip`` no gateway. Raises Refusal; ``release`` it then."""
    network.ipam.begin()
    for number, wanted, subnets in (
        (4, network.ipv4, network.subnets4),
        (6, network.ipv6, network.subnets6),
    ):
        mine = [wish for wish in wishes if wish.get("Subnet") and _parse(wish["Subnet"], version).version == number]
        for wish in (mine or [{}]) if wanted else []:
            subnets.append(_add(network, wish, number, number not in skip, version))


def release(network: Network) -> None:
    """Give all of it back."""
    for subnet in (*network.subnets4, *network.subnets6):
        for address in (subnet.gateway, *subnet.aux.values()):
            if address:
                network.ipam.give_back(subnet.pool, address)
        network.ipam.remove(subnet.pool)
    network.subnets4.clear()
    network.subnets6.clear()


def _add(network: Network, wish: dict[str, Any], number: int, needs_gateway: bool, version: Version) -> Subnet:
    try:
        pool = network.ipam.add(wish.get("Subnet"), wish.get("IPRange") or None, number, network.ipam_options)
    except Refusal as error:
        prefix = version.conflict_prefix if error.message == OVERLAP else ""
        raise Refusal(prefix + error.message, 500 if error.message == NO_POOL6 else error.status) from None
    subnet = Subnet(pool, asked=wish, gateway=pool.gateway)
    try:
        gateway = wish.get("Gateway") or None
        if gateway or (needs_gateway and not subnet.gateway):
            words = GATEWAY.text
            subnet.gateway = _take(network, pool, gateway, words, gateway=True)
        for name, address in (wish.get("AuxiliaryAddresses") or {}).items():
            words = "failed to allocate secondary ip address ({name}:{address}): {failure}"
            subnet.aux[name] = _take(network, pool, address, words, name=name)
    except Refusal:
        network.ipam.remove(pool)
        raise
    return subnet


def _take(
    network: Network, pool: Any, address: str | None, words: str, *, gateway: bool = False, name: str = ""
) -> str:
    try:
        return network.ipam.take(pool, address, gateway=gateway)
    except (Refusal, ValueError) as error:
        said = words.format(name=name, address=address or "", failure=error)
        raise Refusal(said, getattr(error, "status", 400)) from None


def _parse(subnet: str, version: Version) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(subnet if "/" in subnet else "", strict=False)
    except ValueError:
        raise Refusal(version.bad_subnet.format(subnet=subnet), 400) from None
