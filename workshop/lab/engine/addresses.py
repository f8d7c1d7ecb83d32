"""An endpoint's addresses: taken from its network's subnets, and given back."""

from __future__ import annotations

import ipaddress

from workshop.lab.engine.ipam import Ipam
from workshop.lab.engine.model import Attachment, Endpoint, Network, Subnet
from workshop.lab.engine.refusal import Refusal


def take(ipam: Ipam, endpoint: Endpoint, wish: Attachment) -> None:
    """Give the endpoint the addresses wished for, or the next free ones. Raises Refusal, with none taken."""
    network = endpoint.network
    try:
        if network.subnets4:
            endpoint.address = _take(ipam, network, network.subnets4, wish.ipv4)
        if network.subnets6:
            endpoint.address6 = _take(ipam, network, network.subnets6, wish.ipv6)
    except Refusal:
        give_back(ipam, endpoint)
        raise


def give_back(ipam: Ipam, endpoint: Endpoint) -> None:
    """Make the endpoint's addresses free again."""
    network = endpoint.network
    for subnets, address in ((network.subnets4, endpoint.address), (network.subnets6, endpoint.address6)):
        for subnet in subnets:
            if address and ipaddress.ip_interface(address).ip in subnet.pool.subnet:
                ipam.give_back(subnet.pool, address)
    endpoint.address = endpoint.address6 = ""


def _take(ipam: Ipam, network: Network, subnets: list[Subnet], wanted: str) -> str:
    if wanted:
        address = ipaddress.ip_address(wanted)
        holder = next((each for each in subnets if address in each.pool.subnet), subnets[-1])
        return ipam.take(holder.pool, wanted)
    for subnet in subnets:
        try:
            return ipam.take(subnet.pool)
        except Refusal as error:
            problem = error
    raise Refusal(f"{problem.message}: {network.name} ({network.id})", problem.status)
