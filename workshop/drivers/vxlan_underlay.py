"""What a tunnel's packets travel on: an address of this host, the link that has it, and what fits through."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from workshop.drivers import vxlan_memory as memory
from workshop.drivers.facts import Facts
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError

OVERHEAD = {4: 50, 6: 70}
"""Bytes in front of each packet, by IP version of the underlay: IP 20 or 40, UDP 8, VXLAN 8, Ethernet 14."""

LEAST_FOR_IPV6 = 1280
_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


@dataclass(frozen=True)
class Underlay:
    """``local`` is this host's address, ``link`` the name and ``index`` the index of the link that has it."""

    local: str
    link: str
    index: int
    mtu: int

    @property
    def version(self) -> int:
        """The IP version of the tunnel's packets."""
        return ipaddress.ip_address(self.local).version

    @property
    def largest(self) -> int:
        """The largest packet that fits into one of the tunnel's."""
        return self.mtu - OVERHEAD[self.version]


def find(host: Host, chosen: Options) -> Underlay:
    """The underlay of a network: by ``-o local=`` or ``-o parent=``, else what Docker says this node's address is, else
    the way to the first peer, else the default route.

    :raises PluginError: naming the option, if there is no such address or link, or none can be found.
    """
    version, own = version_of(chosen), addresses(host)
    if chosen.local:
        if chosen.local not in own:
            raise PluginError(f"option local: this host has no address {chosen.local}")
        return _on(host, chosen.local, own[chosen.local])
    if chosen.parent:
        return _by_parent(host, chosen.parent, version, own)
    for address in memory.here(host):
        if address in own and version in (None, _version(address)):
            return _on(host, address, own[address])
    targets = [each for each in (*chosen.peers, *memory.others(host)) if version in (None, _version(each))]
    for target in targets:
        if target not in own and (address := _way_to(host, target)) in own:
            return _on(host, address, own[address])
    for wanted in (version,) if version else (4, 6):
        for route in host.kernel.get_default_routes(family=_FAMILIES[wanted]):
            if address := _first(own, route.get("oif"), wanted):
                return _on(host, address, own[address])
    raise PluginError("no address of this host for the tunnel can be told; give -o local=ADDRESS or -o parent=LINK")


def mtu_for(under: Underlay, chosen: Options, facts: Facts) -> int:
    """The network's MTU. Raises PluginError if what was asked for does not fit, or is too small for IPv6."""
    mtu = chosen.mtu or under.largest
    taken = f"VXLAN over IPv{under.version} takes {OVERHEAD[under.version]} of the {under.mtu} of {under.link}"
    if mtu > under.largest:
        raise PluginError(f"option mtu: {mtu} is too large; {taken}, which leaves {under.largest}")
    if mtu < LEAST_FOR_IPV6 and facts.pools_of(6):
        reason = "" if chosen.mtu else f": {taken}"
        raise PluginError(f"option mtu: {mtu} is too small; IPv6 needs at least {LEAST_FOR_IPV6}{reason}")
    return mtu


def version_of(chosen: Options) -> int | None:
    """The IP version that the options ask for, if they do. Raises PluginError if they do not agree."""
    named = [("local", chosen.local), ("group", chosen.group), *(("peers", peer) for peer in chosen.peers)]
    given = [(name, address) for name, address in named if address]
    for name, address in given[1:]:
        if _version(address) != _version(given[0][1]):
            raise PluginError(
                f"option {name}: {address} is IPv{_version(address)}, but {given[0][0]} has {given[0][1]}; "
                "all of a tunnel's addresses are of one version"
            )
    return _version(given[0][1]) if given else None


def addresses(host: Host) -> dict[str, int]:
    """All addresses of this host, with the index of the link that has each."""
    found = host.kernel.get_addr()
    return {str(each.get("local") or each.get("address")): each["index"] for each in found}


def own_among(host: Host, given: Iterable[str]) -> set[str]:
    """Which of some addresses are this host's own: those that a socket can have. Quicker than asking for all."""
    found = set()
    with host.namespace.entered():
        for address in given:
            with contextlib.suppress(OSError), socket.socket(_FAMILIES[_version(address)], socket.SOCK_DGRAM) as probe:
                probe.bind((address, 0))
                found.add(address)
    return found


def _by_parent(host: Host, parent: str, version: int | None, own: dict[str, int]) -> Underlay:
    link = host.kernel.find(parent)
    if link is None:
        raise PluginError(f"option parent: there is no link {parent} on this host")
    if link.get("state") != "up":
        raise PluginError(f"option parent: the link {parent} is down; bring it up with `ip link set {parent} up`")
    for wanted in (version,) if version else (4, 6):
        if address := _first(own, link["index"], wanted):
            return _on(host, address, link["index"])
    raise PluginError(f"option parent: {parent} has no {f'IPv{version} ' if version else ''}address for the tunnel")


def _first(own: dict[str, int], index: int | None, version: int) -> str | None:
    return next((address for address in _plain(own, version) if own[address] == index), None)


def _plain(own: Iterable[str], version: int) -> Iterable[str]:
    """Those of an IP version that are good beyond their own link."""
    return (each for each in own if _version(each) == version and not ipaddress.ip_address(each).is_link_local)


def _way_to(host: Host, target: str) -> str | None:
    """The address of this host that packets to ``target`` carry."""
    try:
        found = host.kernel.route("get", dst=target)
    except NetlinkError:
        return None  # there is no way
    return str(found[0].get("prefsrc")) if found else None


def _on(host: Host, address: str, index: int) -> Underlay:
    return Underlay(address, host.kernel.name_of(index), index, host.kernel.link("get", index=index)[0].get("mtu"))


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version
