"""What is known of a tunnel: where its other ends are, and which MAC addresses are behind them. No places yet."""

from __future__ import annotations

import ipaddress
from typing import Any

from workshop.topology import graph as graphs
from workshop.topology import words
from workshop.topology.shapes import Line
from workshop.topology.space import EVERYBODY, TUNNELS

Link = dict[str, Any]
Space = dict[str, Any]


def is_tunnel(link: Link) -> bool:
    """Whether frames leave by this link in packets to other hosts."""
    return link["kind"] in TUNNELS


def peers(space: Space | None, link: Link) -> list[str]:
    """The addresses of a tunnel's other ends: those to which it sends what is for everybody."""
    found = [each["dst"] for each in _entries(space, link) if each["mac"] == EVERYBODY and each["dst"]]
    return sorted(found, key=ipaddress.ip_address)


def places(space: Space | None, link: Link) -> list[tuple[str, str]]:
    """The MAC addresses that a tunnel knows the way to: ``(MAC, address of the other end)``."""
    local = link["info"].get("local")
    told = _entries(space, link)
    return [
        (each["mac"], each["dst"]) for each in told if each["mac"] != EVERYBODY and each["dst"] not in (None, local)
    ]


def _entries(space: Space | None, link: Link) -> list[dict[str, Any]]:
    return [each for each in (space or {}).get("fdb", ()) if each["link"] == link["id"]]


def homes(graph: dict[str, Any]) -> dict[str, tuple[str, Link]]:
    """Which host has an address, and on which of its links: the name and the link, by address."""
    found: dict[str, tuple[str, Link]] = {}
    for host, space in graphs.namespaces(graph):
        for link in space["links"] if space["root"] else ():
            for address in link["addresses"]:
                found.setdefault(address.partition("/")[0], (host["name"], link))
    return found


def told(address: str, home: dict[str, tuple[str, Link]]) -> str:
    """An address, with the host that has it: ``192.0.2.11 (beta)``; or that it is a ``group``'s."""
    if ipaddress.ip_address(address).is_multicast:
        return f"group {address}"
    return f"{address} ({words.clean(home[address][0])})" if address in home else address


def lines(space: Space | None, link: Link, home: dict[str, tuple[str, Link]]) -> list[Line]:
    """What is said of a tunnel in the picture: its VNI, its own end, the others, how many MAC addresses it knows."""
    info, others, known = link["info"], peers(space, link), places(space, link)
    found: list[Line] = [(f"VNI {info['vni']}" if info.get("vni") else "tunnel", "name")]
    found.append((f"{info.get('local') or 'any address'} port {info.get('port')}", "mono"))
    if others:
        more = f" +{len(others) - 1}" if len(others) > 1 else ""
        found.append((f"to {told(others[0], home)}{more}", "mono"))
    else:
        found.append(("no peers", "plain"))
    if known:
        found.append((f"{len(known)} MAC{'s' if len(known) > 1 else ''} in its FDB", "soft"))
    return found


def tip(space: Space | None, link: Link, home: dict[str, tuple[str, Link]]) -> str:
    """All of a tunnel's peers, and where each MAC address is: what the picture has no room for."""
    found = [f"to {told(each, home)}" for each in peers(space, link)]
    return "\n".join([*found, *(f"{mac} at {told(dst, home)}" for mac, dst in places(space, link))])
