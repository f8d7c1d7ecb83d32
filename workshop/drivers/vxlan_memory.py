"""What the plugin remembers of tunnels: which network has which VNI and peers, and the nodes that Docker told of.

``store.tunnels`` has a row for each network: ``vni``, ``held`` (by ``created``, ``allocated`` or both), and once the
network is created on this host ``peers`` (those of ``-o peers=``) and ``mtu``. It is written before the network is in
``store.networks``, so that a node that comes meanwhile is not missed. ``store.nodes`` has a row for each node, by
address: ``{"Self": bool}``.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection
from typing import Any

from workshop.drivers.host import Host
from workshop.errors import PluginError

CREATED, ALLOCATED = "created", "allocated"
"""What holds a VNI: the network is created here; or Swarm's manager, which is here, has had it allocated."""

FIRST, LAST = 1 << 23, (1 << 24) - 1
"""Where a free VNI is looked for. Docker's own overlay networks are numbered from 4096 up."""

LOCK = threading.RLock()
"""Is held while tunnels and nodes are read in order to act on it: calls about nodes wait for no network's turn."""


def claim(host: Host, network_id: str, wanted: int | None, by: str, avoid: Collection[int] = ()) -> tuple[int, bool]:
    """Hold a VNI for a network: ``wanted``, else the one it has, else a free one that is none of ``avoid``.

    Gives it, and whether ``by`` did not hold one before.

    :raises PluginError: if another network of this plugin has it.
    """
    with LOCK:
        rows = host.store.tunnels
        row = rows.get(network_id) or {"held": []}
        taken = {other["vni"]: key for key, other in rows.items() if key != network_id}
        vni = wanted or row.get("vni") or _free(network_id, {*taken, *avoid})
        if vni in taken:
            raise PluginError(
                f"VNI {vni} is taken by the network {taken[vni][:12]} of this plugin; choose another with -o vni="
            )
        rows.put(network_id, {**row, "vni": vni, "held": sorted({*row["held"], by})})
        return vni, by not in row["held"]


def release(host: Host, network_id: str, by: str) -> None:
    """Hold the VNI no more; the last who does gives it back."""
    with LOCK:
        row = host.store.tunnels.get(network_id)
        if row is None:
            return
        held = [each for each in row["held"] if each != by]
        if held:
            kept = row if CREATED in held else {"vni": row["vni"]}
            host.store.tunnels.put(network_id, {**kept, "held": held})
        else:
            host.store.tunnels.drop(network_id)


def note(host: Host, network_id: str, **values: Any) -> None:
    """Remember something more of a network's tunnel."""
    with LOCK:
        host.store.tunnels.put(network_id, {**host.store.tunnels[network_id], **values})


def row_of(host: Host, network_id: str) -> dict[str, Any]:
    """What is remembered of a network's tunnel; nothing if there is none."""
    return host.store.tunnels.get(network_id) or {}


def created(host: Host) -> list[str]:
    """The networks that have a tunnel on this host."""
    return [key for key, row in host.store.tunnels.items() if CREATED in row["held"]]


def _free(network_id: str, taken: Collection[int]) -> int:
    """A VNI that is not taken: the one that the ID says, or the next."""
    span = LAST - FIRST + 1
    start = int(hashlib.sha256(network_id.encode("utf-8", "surrogatepass")).hexdigest()[:12], 16) % span
    for offset in range(span):
        vni = FIRST + (start + offset) % span
        if vni not in taken:
            return vni
    raise PluginError("no VNI is free")


def node_came(host: Host, address: str, *, here: bool) -> bool:
    """Remember a node, ``here`` for this one; say whether that is news."""
    with LOCK:
        nodes, row = host.store.nodes, {"Self": here}
        if nodes.get(address) == row:
            return False
        for other, before in nodes.items():
            if here and before["Self"] and other != address:
                nodes.drop(other)  # it has another address now
        nodes.put(address, row)
        return True


def node_went(host: Host, address: str) -> None:
    """Forget a node."""
    with LOCK:
        host.store.nodes.drop(address)


def here(host: Host) -> list[str]:
    """The address that Docker says this node has, if it has said so."""
    return [address for address, row in host.store.nodes.items() if row["Self"]]


def others(host: Host) -> list[str]:
    """The addresses of the other nodes that Docker told of."""
    return [address for address, row in host.store.nodes.items() if not row["Self"]]
