"""Published ports: from Docker's port map to ports of the host that are held, and to elements of the firewall."""

from __future__ import annotations

import ipaddress
import itertools
import os
from collections.abc import Mapping
from typing import Any

from workshop.drivers.options import address as read_address
from workshop.errors import PluginError
from workshop.kernel.ports import EPHEMERAL, EVERY_ADDRESS, PROTOCOLS, Ports, PortTaken
from workshop.protocol import mismatch
from workshop.protocol.types import PortBinding

PORT_MAP = "com.docker.network.portmap"
_turn = itertools.count(os.getpid() * 7)
Published = dict[str, Any]
"""One published port: ``proto`` (``tcp``), ``host_ip`` (empty, 0.0.0.0 or ::, all), ``host_port``, ``ip``, ``port``."""


def port_map(options: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The port map among an endpoint's options. Raises PluginError that names the field."""
    bindings = (options or {}).get(PORT_MAP) or []
    wrong = mismatch(bindings, list[PortBinding])
    if wrong:
        raise PluginError(f"Options.{PORT_MAP}: {wrong}")
    for binding in bindings:
        if binding["Proto"] not in PROTOCOLS:
            known = ", ".join(f"{number} ({name})" for number, name in PROTOCOLS.items())
            raise PluginError(f"Options.{PORT_MAP}: Proto {binding['Proto']} cannot be published; expected {known}")
        if binding.get("HostIP"):
            try:
                read_address(binding["HostIP"])
            except ValueError:
                raise PluginError(f"Options.{PORT_MAP}: HostIP {binding['HostIP']!r} is no IP address") from None
    return bindings


def publish(
    ports: Ports, endpoint_id: str, bindings: list[dict[str, Any]], addresses: list[str], default_ip: str = ""
) -> list[Published]:
    """Hold a port of the host for each binding and say which: one entry per binding and IP version it serves.

    ``addresses`` are the container's, one per IP version at most. ``HostPort`` 0 takes any free port, a range the
    first that is free.

    :raises PluginError: if one is taken; what was held for this endpoint so far is let go.
    """
    published: list[Published] = []
    try:
        for binding in bindings:
            host_ip = binding.get("HostIP") or default_ip
            host_port = ports.hold(endpoint_id, binding["Proto"], host_ip, _candidates(binding))
            for address in addresses:
                if host_ip and _version(host_ip) != _version(address):
                    continue
                published.append(
                    {
                        "proto": PROTOCOLS[binding["Proto"]],
                        "host_ip": host_ip,
                        "host_port": host_port,
                        "ip": address,
                        "port": binding["Port"],
                    }
                )
    except PortTaken as error:
        ports.release(endpoint_id)
        raise PluginError(str(error)) from None
    return published


def hold_again(ports: Ports, endpoint_id: str, published: list[Published]) -> list[str]:
    """Hold ports that were published before a restart; give those that somebody else has taken meanwhile."""
    numbers = {name: number for number, name in PROTOCOLS.items()}
    lost = []
    for proto, host_ip, host_port in sorted({(one["proto"], one["host_ip"], one["host_port"]) for one in published}):
        try:
            ports.hold(endpoint_id, numbers[proto], host_ip, [host_port])
        except PortTaken:
            lost.append(f"{host_port}/{proto}")
    return lost


def elements(published: list[Published]) -> dict[str, list[str]]:
    """The firewall elements of published ports."""
    found: dict[str, list[str]] = {}
    for one in published:
        version = _version(one["ip"])
        target = f"{one['ip']} . {one['port']}"
        key = f"{one['proto']} . {one['host_port']}"
        if one["host_ip"] not in EVERY_ADDRESS:
            found.setdefault(f"published{version}_on", []).append(f"{one['host_ip']} . {key} : {target}")
        else:
            found.setdefault(f"published{version}", []).append(f"{key} : {target}")
    return found


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version


def _candidates(binding: Mapping[str, Any]) -> range | list[int]:
    first, last = binding.get("HostPort") or 0, binding.get("HostPortEnd") or 0
    if first:
        return range(first, max(first, last) + 1)
    start = EPHEMERAL.start + next(_turn) % len(EPHEMERAL)  # a port just given back is not the next one taken
    return [*range(start, EPHEMERAL.stop), *range(EPHEMERAL.start, start)]
