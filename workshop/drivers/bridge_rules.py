"""Which firewall elements bridge networks need: from what is remembered, so that the table can always be made anew."""

from __future__ import annotations

import contextlib

from workshop.drivers.facts import Facts
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.kernel.firewall import interface
from workshop.kernel.forwarding import Way
from workshop.kernel.programs import ProgramError


def elements(name: str, facts: Facts, chosen: Options) -> dict[str, list[str]]:
    """The firewall elements of one network whose bridge is called ``name``."""
    link = interface(name)
    found: dict[str, list[str]] = {"bridges": [link], "within": [f"{link} . {link}"]}
    if facts.internal:
        found["internal"] = [link]
        return found
    for version in (4, 6):
        subnets = [str(pool) for pool in facts.pools_of(version)]
        found[f"hairpin{version}"] = [f"{subnet} . {subnet}" for subnet in subnets]
        if chosen.masquerade:
            found[f"masquerade{version}"] = subnets
    return {key: value for key, value in found.items() if value}


def let_through(
    host: Host, network_id: str, name: str, facts: Facts, chosen: Options, undo: contextlib.ExitStack
) -> None:
    """Let the traffic of one network's bridge through all firewalls. Raises ProgramError."""
    if host.firewall.missing:
        host.warn(f"Networks are not masqueraded nor kept apart, and no ports are published: {host.firewall.missing}")
    else:
        undo.callback(host.firewall.set, network_id, {})
        host.firewall.set(network_id, elements(name, facts, chosen))
    undo.callback(host.forwarding.forget, name)
    host.forwarding.allow(name, Way(name, internal=facts.internal))


def close_again(host: Host, network_id: str, name: str) -> None:
    """Take the rules of one network's bridge back; what cannot be is told, and does not stand in the way."""
    try:
        host.forwarding.forget(name)
        if not host.firewall.missing:
            host.firewall.set(network_id, {})
    except ProgramError as error:
        host.warn(f"Rules of {name} may be left over: {error}. `python -m workshop cleanup` removes them.")
