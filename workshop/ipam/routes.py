"""The subnets to which a host has routes: what its main table says, but for the default route."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from workshop.ipam.pools import Network
from workshop.kernel.kernel import Kernel

MAIN = 254


def of(kernel: Kernel) -> Iterator[tuple[Network, str]]:
    """Each subnet, and the link that the route leads to."""
    for route in kernel.get_routes(table=MAIN):
        destination, length = route.get("dst"), route["dst_len"]
        if not destination or not length:
            continue
        subnet = ipaddress.ip_network(f"{destination}/{length}", strict=False)
        if not (subnet.is_multicast or subnet.is_link_local):
            index = route.get("oif")
            yield subnet, kernel.name_of(index) if index else "none"
