"""Which firewall elements routed networks need: their subnets, for all of the host's ends are called alike."""

from __future__ import annotations

import contextlib
from itertools import product

from workshop.drivers import naming
from workshop.drivers.facts import Facts
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.kernel.forwarding import Way
from workshop.kernel.programs import ProgramError

ENDS = naming.PREFIXES["host end"] + "+"
"""The host's ends of all pairs, as iptables has it."""


def name_of(network_id: str) -> str:
    """What the rules of a network are called."""
    return f"routed {naming.short(network_id)}"


def elements(facts: Facts, chosen: Options) -> dict[str, list[str]]:
    """The firewall elements of one network; none if it has no addresses."""
    found: dict[str, list[str]] = {}
    for version in (4, 6):
        pools = [str(pool) for pool in facts.pools_of(version)]
        found[f"routed{version}"] = pools
        if chosen.icc:
            found[f"inside{version}"] = [f"{one} . {other}" for one, other in product(pools, pools)]
        if facts.internal:
            found[f"closed{version}"] = pools
            continue
        found[f"hairpin{version}"] = [f"{pool} . {pool}" for pool in pools]
        if chosen.masquerade:
            found[f"masquerade{version}"] = pools
    return {key: value for key, value in found.items() if value}


def way(needed: dict[str, list[str]]) -> Way | None:
    """What is let through of a network that needs these elements; ``None`` if it is not a routed one."""
    subnets = (*needed.get("routed4", ()), *needed.get("routed6", ()))
    return Way(ENDS, subnets, internal="closed4" in needed or "closed6" in needed) if subnets else None


def let_through(host: Host, network_id: str, facts: Facts, chosen: Options, undo: contextlib.ExitStack) -> None:
    """Let the traffic of one network through all firewalls. Raises ProgramError."""
    needed = elements(facts, chosen)
    through = way(needed)
    if through is None:
        return
    if host.firewall.missing:
        host.warn(f"Networks are not masqueraded nor kept apart, and no ports are published: {host.firewall.missing}")
    else:
        undo.callback(host.firewall.set, network_id, {})
        host.firewall.set(network_id, needed)
    undo.callback(host.forwarding.forget, name_of(network_id))
    host.forwarding.allow(name_of(network_id), through)


def close_again(host: Host, network_id: str) -> None:
    """Take the rules of one network back; what cannot be is told, and does not stand in the way."""
    try:
        host.forwarding.forget(name_of(network_id))
        if not host.firewall.missing:
            host.firewall.set(network_id, {})
    except ProgramError as error:
        host.warn(f"Rules of network {network_id[:12]} may be left over: {error}. `python -m workshop cleanup` helps.")
