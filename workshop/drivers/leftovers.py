"""What a plugin left in kernel, store and plugin folder, found by our names and marks; nothing else is touched."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workshop.drivers import naming, rooms
from workshop.drivers.host import Host
from workshop.drivers.links import has_our_form, peer_is_marked
from workshop.drivers.options import GENERIC
from workshop.drivers.parent_link import MADE
from workshop.drivers.store import Store
from workshop.errors import WorkshopError
from workshop.kernel import pinned
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError


@dataclass(frozen=True)
class Item:
    """One thing that was left: its kind, its name, what it is about, and how to remove it."""

    kind: str
    name: str
    about: str
    remove: Callable[[], object]


@dataclass
class Found:
    """All that was left. ``in_use`` counts links whose other end, or what sits on them, is in a container now."""

    items: list[Item] = field(default_factory=list)
    in_use: int = 0


@contextlib.contextmanager
def find(
    plugin: str, store: Path, plugin_dir: Path, spec_dir: Path | None = None, rooms_in: Path = pinned.FOLDER
) -> Iterator[Found]:
    """Look for what the plugin of this name left in the current namespace, and of networks' own ones in ``rooms_in``.

    :raises WorkshopError: if the plugin is running, for then nothing is left over: it is at work.
    """
    socket_path = plugin_dir / f"{plugin}.sock"
    if _answers(socket_path):
        raise WorkshopError(f"The plugin {plugin!r} is running: a process answers at {socket_path}.", "End it first.")
    memory = Store(store if store.exists() else None)
    host = Host(Namespace.current(), memory, plugin=plugin, rooms=rooms_in)
    try:
        found = Found()
        _links(host, found)
        _rooms(host, found)
        _rules(host, found)
        _rows(memory, found)
        _files([socket_path, *(spec_dir / f"{plugin}.{kind}" for kind in ("spec", "json") if spec_dir)], found)
        yield found
    finally:
        host.close()
        memory.close()


def remove(found: Found) -> list[str]:
    """Remove all; give a sentence for each that could not be."""
    failed = []
    for item in found.items:
        try:
            item.remove()
        except (NetlinkError, ProgramError, OSError) as error:
            failed.append(f"{item.kind} {item.name} could not be removed: {error}")
    return failed


def _links(host: Host, found: Found) -> None:
    links = list(host.kernel.links())
    indices = {link["index"] for link in links}
    for link in links:
        name, mark = link.get("ifname"), naming.read_alias(link.get("ifalias"))
        unmarked = mark is None and not link.get("ifalias") and has_our_form(name)
        unmarked = unmarked and not peer_is_marked(host, link)
        if not (unmarked or (mark and mark[2] == host.plugin)):
            continue
        about = f"{mark[0]} {mark[1][:12]}" if mark else "no longer known whose"
        kind = link.get(("linkinfo", "kind"))
        if mark and mark[0] == "endpoint" and kind == "veth" and link.get("link") not in indices:
            found.in_use += 1
            about += ", in a container"
        elif mark and kind in MADE and _carries_containers(host, name, mark[1]):
            found.in_use += 1
            about += ", containers are on it"
        found.items.append(Item("link", name, about, lambda name=name: host.kernel.remove(name)))


def _rooms(host: Host, found: Found) -> None:
    for room in host.rooms.found(host):
        about = f"network {room.network[:12]}" if room.network else "no longer known whose"
        if any(host.kernel.index(naming.container_end(each)) is None for each in room.endpoints):
            found.in_use += 1
            about += ", containers are on it"
        found.items.append(Item("namespace", room.path.name, about, lambda path=room.path: rooms.remove_at(path)))


def _carries_containers(host: Host, parent: str, network_id: str) -> bool:
    """Whether containers have a link on a parent that was made for a network; such links are not seen from here."""
    on_it = {network_id}
    for key, network in host.networks.items():
        given = (network.get("Options") or {}).get(GENERIC) or {}
        on_it |= {key} if given.get("parent") == parent else set()
    return any(row.get("SandboxKey") and row.get("NetworkID") in on_it for row in host.endpoints.values())


def _rules(host: Host, found: Found) -> None:
    if host.firewall.exists():
        found.items.append(Item("rules", host.firewall.table, "nftables table", lambda: host.firewall.restart({})))
    for program in host.forwarding.found_in():
        found.items.append(Item("rules", host.forwarding.chain, f"chain of {program}", host.forwarding.clear))


def _rows(memory: Store, found: Found) -> None:
    for kind, rows, tell in (
        ("network", memory.networks, lambda row: "remembered"),
        ("endpoint", memory.endpoints, lambda row: "remembered"),
        ("call", memory.calls, lambda row: f"{row['route']}, not finished"),
        ("tunnel", memory.tunnels, lambda row: f"VNI {row['vni']}, {' and '.join(row['held'])}"),
        ("node", memory.nodes, lambda row: "this one" if row["Self"] else "another, remembered"),
    ):
        for key, row in rows.items():
            whose = key if kind != "call" else row["EndpointID"] or row["NetworkID"]
            name = whose if kind == "node" else whose[:12]
            found.items.append(Item(kind, name, tell(row), lambda rows=rows, key=key: rows.drop(key)))
    for key, pool in memory.pools.items():
        mine = [address for address, row in memory.addresses.items() if row["PoolID"] == key]
        about = f"given out, addresses in use: {len(mine)}"
        found.items.append(Item("pool", pool["Pool"], about, lambda key=key, mine=mine: _forget(memory, key, mine)))


def _forget(memory: Store, pool: str, addresses: list[str]) -> None:
    for address in addresses:
        memory.addresses.drop(address)
    memory.pools.drop(pool)


def _files(paths: list[Path], found: Found) -> None:
    for path in paths:
        if path.is_socket() or (path.suffix != ".sock" and path.is_file()):
            found.items.append(Item("file", path.name, str(path.parent), path.unlink))


def _answers(path: Path) -> bool:
    """Whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
