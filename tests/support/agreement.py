"""What Docker, the plugin and the kernel know of the plugin's networks, compared."""

from __future__ import annotations

import re
import sqlite3

from tests.support.engine import Engine
from tests.support.leftovers import store_rows
from tests.support.plugin import Plugin
from workshop.drivers import naming

_OURS = re.compile(r"\bws[bhcdtv][0-9a-z]{10}\b")
_NOT_DOCKERS = ("tunnels ", "nodes ")
"""Rows that Docker has nothing like."""

WITHOUT_LINKS = ("macvlan", "ipvlan")
"""Types of networks that have no link of ours on the host while their containers run."""


def disagreements(engine: Engine, plugin: Plugin) -> list[str]:
    """One line for each thing that only one of them knows: networks, endpoints, links on the host; none is well.

    Bridges are looked for under the plugin's own names, not those that a user gave.
    """
    networks, endpoints = _known_to_docker(engine, plugin.name)
    rows = {f"networks {key}" for key in networks} | {f"endpoints {key}" for key in endpoints}
    on_bridges = {key for key, kind in networks.items() if kind not in WITHOUT_LINKS}
    links = {naming.bridge(key) for key in on_bridges}
    links |= {naming.host_end(key) for key, network in endpoints.items() if network in on_bridges}
    try:
        remembered = {row for row in store_rows(plugin.state_dir) if not row.startswith(_NOT_DOCKERS)}
    except sqlite3.DatabaseError as error:
        return [f"the store cannot be read while it is written: {error}"]
    there = set(_OURS.findall(engine.exec("ip", "-o", "link", "show").stdout))
    return [
        *(f"not remembered: {row}" for row in sorted(rows - remembered)),
        *(f"remembered, but unknown to Docker: {row}" for row in sorted(remembered - rows)),
        *(f"missing: link {name}" for name in sorted(links - there)),
        *(f"left: link {name}" for name in sorted(there - links)),
    ]


def _known_to_docker(engine: Engine, driver: str) -> tuple[dict[str, str], dict[str, str]]:
    """A driver's networks, each with its type, and the endpoints on them, each with its network: all by ID."""
    keys = engine.docker("network", "ls", "-q", "--no-trunc", "-f", f"driver={driver}").stdout.split()
    told = {key: engine.inspect(key) for key in keys}
    networks = {key: (each["Options"] or {}).get("type", "") for key, each in told.items()}
    return networks, {
        one["EndpointID"]: key for key, each in told.items() for one in (each["Containers"] or {}).values()
    }
