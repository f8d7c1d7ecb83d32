"""One endpoint's pair of a routed network: the host's end is the container's only neighbour, and its gateway.

Whatever the container sends, it sends to that end: it asks there who has an IPv4 address, and is told "I" (proxy ARP);
for IPv6 it has routes, for the kernel has no such switch there.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
from collections.abc import Mapping
from typing import Any

from workshop.drivers import links, naming
from workshop.drivers.facts import Facts, Interface, interface
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError

NODAD, NOPREFIXROUTE = 0x02, 0x200
"""Address flags: usable at once, without asking the neighbours; without a route to its subnet."""

LINK = 253
"""Scope of a route to what is on the link itself."""

FAMILIES = {4: 2, 6: 10}
"""Address families by IP version."""


def addresses_of(asked: Mapping[str, Any]) -> list[Interface]:
    """The addresses of an endpoint's ``Interface``, with their masks. Raises PluginError that names the field."""
    fields = (("Address", 4), ("AddressIPv6", 6))
    found = [interface(f"Interface.{key}", asked.get(key), version) for key, version in fields]
    return [each for each in found if each is not None]


def gateway_of(facts: Facts, address: Interface) -> Interface | None:
    """The gateway of the pool that an address is from."""
    return next((each for each in facts.gateways if address.ip in each.network), None)


def neighbours_routes(facts: Facts, address: Interface) -> list[dict[str, Any]]:
    """The routes by which a container reaches its neighbours, as Join answers them: for IPv6, by its gateway.

    Two halves of the network are more exact than the network itself, which Docker puts on the link.
    """
    gateway = gateway_of(facts, address)
    if address.version == 4 or gateway is None or gateway.network.prefixlen > 126:
        return []
    hop = {"RouteType": 0, "NextHop": str(gateway.ip)}
    halves = [{"Destination": str(half), **hop} for half in gateway.network.subnets()]
    return [{"Destination": f"{gateway.ip}/128", "RouteType": 1}, *halves]


def make(host: Host, endpoint_id: str, mac: str, chosen: Options, undo: contextlib.ExitStack) -> int:
    """Make the pair, with the host's end up; give that end's index. Raises PluginError if its name is taken."""
    outside, inside = naming.host_end(endpoint_id), naming.container_end(endpoint_id)
    for name in (outside, inside):
        links.clear_the_way(host, name, "endpoint", endpoint_id)
    peer = {"ifname": inside, "address": mac, "mtu": chosen.mtu}
    host.kernel.link("add", ifname=outside, kind="veth", mtu=chosen.mtu, state="up", peer=peer)
    undo.callback(host.kernel.remove, outside)
    index = host.kernel.index(outside)
    host.kernel.link("set", index=index, ifalias=naming.alias("endpoint", endpoint_id, host.plugin))
    return index


def settle(host: Host, endpoint_id: str, facts: Facts, addresses: list[Interface], index: int) -> bool:
    """Let the host's end be the container's gateway, and the way to it; say whether something was lacking.

    :raises PluginError: if the host has another way to an address.
    """
    _switch(host, naming.host_end(endpoint_id), facts, addresses)
    gateways = {gateway for address in addresses if (gateway := gateway_of(facts, address))}
    there = {str(each.get("address")) for each in host.kernel.get_addr(index=index)}
    lacking = [each for each in sorted(gateways, key=str) if str(each.ip) not in there]
    for gateway in lacking:
        flags = {"flags": NODAD | NOPREFIXROUTE} if gateway.version == 6 else {}
        host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.max_prefixlen, **flags)
    return any([_route(host, address, index) for address in addresses]) or bool(lacking)


def _route(host: Host, address: Interface, index: int) -> bool:
    """The way to a container; whether it was not there."""
    target, family = f"{address.ip}/{address.max_prefixlen}", FAMILIES[address.version]
    try:
        host.kernel.route("add", dst=target, family=family, oif=index, scope=LINK)
    except NetlinkError as error:
        if error.code != errno.EEXIST:
            raise
        routes = host.kernel.get_routes(family=family, table=254, oif=index)
        if str(address.ip) in {str(route.get("dst")) for route in routes}:
            return False
        raise PluginError(f"the host has a route to {address.ip} that leads elsewhere; remove it first") from None
    return True


def _switch(host: Host, name: str, facts: Facts, addresses: list[Interface]) -> None:
    """What the kernel is told about the host's end, before anything can come in there."""
    versions = {address.version for address in addresses}
    switches = []
    if 4 in versions:
        # without a delay: by default, an answer for another comes up to 0.8 s later
        switches += [(f"net/ipv4/neigh/{name}/proxy_delay", "0"), (f"net/ipv4/conf/{name}/proxy_arp", "1")]
        if not facts.internal:
            switches.append((f"net/ipv4/conf/{name}/route_localnet", "1"))
    if 6 in versions:
        # a container gives the host no routes; and some hosts have IPv6 off for links that are new
        switches += [(f"net/ipv6/conf/{name}/accept_ra", "0"), (f"net/ipv6/conf/{name}/disable_ipv6", "0")]
    else:
        switches.append((f"net/ipv6/conf/{name}/disable_ipv6", "1"))
    for key, value in switches:
        if not host.kernel.sysctl(key, value) and "proxy_arp" in key:
            host.warn(f"Containers do not reach each other: {key.replace('/', '.')} cannot be switched on.")


def usable(facts: Facts, addresses: list[Interface]) -> None:
    """Refuse addresses that are not of the network: no rule would hold for them. Raises PluginError."""
    for address in addresses:
        pools = facts.pools_of(address.version)
        if not any(address.ip in pool for pool in pools):
            key = "Address" if address.version == 4 else "AddressIPv6"
            of = ", ".join(map(str, pools)) or "none of that IP version"
            raise PluginError(f"Interface.{key}: {address.ip} is not of this network's subnets ({of})")
        if isinstance(address.ip, ipaddress.IPv6Address) and address.ip.is_link_local:
            raise PluginError(f"Interface.AddressIPv6: {address.ip} is a link-local address; no route leads to it")
