"""An endpoint's addresses: taken from its network's subnets, and given back."""

from __future__ import annotations

import ipaddress

from workshop.lab.engine.ipam import NoAddress
from workshop.lab.engine.model import Attachment, Endpoint, Subnet
from workshop.lab.engine.refusal import Refusal


def take(endpoint: Endpoint, wish: Attachment) -> None:
    """Give the endpoint the addresses wished for, or the next free ones. Raises Refusal, with none taken."""
    network = endpoint.network
    try:
        if network.subnets4:
            endpoint.address = _take(endpoint, network.subnets4, wish.ipv4)
        if network.subnets6:
            endpoint.address6 = _take(endpoint, network.subnets6, wish.ipv6)
    except Refusal:
        give_back(endpoint)
        raise


def give_back(endpoint: Endpoint) -> None:
    """Make the endpoint's addresses free again."""
    network = endpoint.network
    for subnets, address in ((network.subnets4, endpoint.address), (network.subnets6, endpoint.address6)):
        for subnet in subnets:
            if address and ipaddress.ip_interface(address).ip in subnet.pool.subnet:
                network.ipam.give_back(subnet.pool, address)
    endpoint.address = endpoint.address6 = ""


def _take(endpoint: Endpoint, subnets: list[Subnet], wanted: str) -> str:
    network, mac = endpoint.network, endpoint.mac
    if wanted:
        address = ipaddress.ip_address(wanted)
        holder = next((each for each in subnets if address in each.pool.subnet), None)
        if holder is None:
            raise Refusal(f"Invalid address {wanted}: It does not belong to any of this network's subnets", 400)
        return network.ipam.take(holder.pool, wanted, mac=mac)
    for subnet in subnets:
        try:
            return network.ipam.take(subnet.pool, mac=mac)
        except NoAddress as error:
            problem = error
    raise Refusal(f"{problem.message}: {network.name} ({network.id})", problem.status)
