"""What Docker, the plugin and the kernel know of the plugin's networks and addresses, compared."""

from __future__ import annotations

import ipaddress
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from tests.support.engine import Engine
from tests.support.leftovers import store_rows
from tests.support.plugin import Plugin
from workshop.drivers import naming

_OURS = re.compile(r"\bws[bhcdv][0-9a-z]{10}\b")
_NOT_DOCKERS = ("tunnels ", "nodes ")
"""Rows that Docker has nothing like."""

WITHOUT_LINKS = ("macvlan", "ipvlan", "null")
"""Types of networks that have no link of ours on the host while their containers run."""

WITHOUT_BRIDGE = ("routed",)
"""Types of networks that have only their containers' links."""


def disagreements(engine: Engine, plugin: Plugin) -> list[str]:
    """One line for each thing that only one of them knows: networks, endpoints, links on the host; none is well.

    Bridges are looked for under the plugin's own names, not those that a user gave. Of the addresses that the plugin
    gives out, each pool's gateway is known by there being one more than there are containers.
    """
    networks = _networks(engine, plugin.name)
    rows, links = {f"networks {network['Id']}" for network in networks}, set()
    for network in networks:
        endpoints = [one["EndpointID"] for one in network["Containers"].values()]
        rows |= {f"endpoints {key}" for key in endpoints}
        kind = (network["Options"] or {}).get("type", "bridge")
        links |= {naming.host_end(key) for key in endpoints if kind not in WITHOUT_LINKS}
        links |= {naming.bridge(network["Id"])} if kind not in (*WITHOUT_LINKS, *WITHOUT_BRIDGE) else set()
    try:
        remembered = {row for row in store_rows(plugin.state_dir) if not row.startswith(_NOT_DOCKERS)}
    except sqlite3.DatabaseError as error:
        return [f"the store cannot be read while it is written: {error}"]
    given = {row for row in remembered if row.startswith(("pools ", "addresses "))}
    there = set(_OURS.findall(engine.exec("ip", "-o", "link", "show").stdout))
    return [
        *(f"not remembered: {row}" for row in sorted(rows - remembered)),
        *(f"remembered, but unknown to Docker: {row}" for row in sorted(remembered - given - rows)),
        *(f"missing: link {name}" for name in sorted(links - there)),
        *(f"left: link {name}" for name in sorted(there - links)),
        *_about_addresses([network for network in networks if network["IPAM"]["Driver"] == plugin.name], given),
    ]


def _about_addresses(networks: list[dict[str, Any]], given: set[str]) -> Iterator[str]:
    """What Docker and the plugin know of pools and addresses that the plugin gives out."""
    pools: dict[str, set[str]] = {}
    for network in networks:
        held = [one[key] for one in network["Containers"].values() for key in ("IPv4Address", "IPv6Address")]
        for config in network["IPAM"]["Config"]:
            subnet = ipaddress.ip_network(config["Subnet"])
            mine = {each.partition("/")[0] for each in held if each and ipaddress.ip_interface(each).ip in subnet}
            pools[f"local/{subnet}"] = mine
    rows = {f"pools {key}" for key in pools}
    yield from (f"not given out: {row}" for row in sorted(rows - given))
    addresses = {row.removeprefix("addresses ") for row in given - rows}
    for key, mine in pools.items():
        known = {address for pool, address in map(str.split, addresses - {""}) if pool == key}
        addresses -= {f"{key} {address}" for address in known}
        yield from (f"not given out: {address} of {key}" for address in sorted(mine - known))
        if len(known - mine) != 1:
            yield f"given out, but no container's: {sorted(known - mine)} of {key}"
    yield from (f"given out, but unknown to Docker: {row}" for row in sorted(addresses))


def _networks(engine: Engine, driver: str) -> list[dict[str, Any]]:
    """A driver's networks, as Docker tells them."""
    keys = engine.docker("network", "ls", "-q", "--no-trunc", "-f", f"driver={driver}").stdout.split()
    found = [engine.inspect(key) for key in keys]
    return [{**network, "Containers": network["Containers"] or {}} for network in found]
