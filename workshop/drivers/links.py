"""Links of ours among others': found by their mark, removed only if they carry it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workshop.drivers import naming
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.namespaces import device

_ADDRESSES = ("Address", "AddressIPv6")


def remove_ours(host: Host, name: str, kind: str, identity: str) -> None:
    """Remove a link if it is this plugin's; one of that name that somebody else made is left alone.

    A link with a name of our form and no mark is one whose making was cut short.
    """
    link = host.kernel.find(name) if host.kernel.index(name) is not None else None
    if link is None:
        return
    mark = link.get("ifalias")
    if mark == naming.alias(kind, identity, host.plugin) or (not mark and has_our_form(name)):
        host.kernel.remove(name)


def clear_the_way(host: Host, name: str, kind: str, identity: str) -> None:
    """Remove what an attempt that was cut short left under ``name``. Raises PluginError if it is somebody else's."""
    remove_ours(host, name, kind, identity)
    refuse_others(host, name, kind, identity)


def refuse_others(host: Host, name: str, kind: str, identity: str) -> bool:
    """Whether there is a link of ours called ``name``. Raises PluginError if there is one that is not ours."""
    link = host.kernel.find(name) if host.kernel.index(name) is not None else None
    if link is None:
        return False
    if link.get("ifalias") != naming.alias(kind, identity, host.plugin):
        whose = link.get("ifalias") or "it was not made by this plugin"
        raise PluginError(f"the name {name} is taken by another link ({whose}); choose another or remove that link")
    return True


def add_pair(
    place: Host, name: str, peer: str, mac: str, bridge: int | None, mtu: int, undo: contextlib.ExitStack
) -> int:
    """A pair whose end ``name`` is a port of the bridge with that index, up, and whose ``peer`` with that MAC address
    is on the host, also where the bridge is not; gives the port's index.
    """
    elsewhere = {"net_ns_fd": place.outside.namespace} if place.outside is not place else {}
    far = {"ifname": peer, "address": mac, "mtu": mtu, **elsewhere}
    place.kernel.link("add", ifname=name, kind="veth", master=bridge, mtu=mtu, state="up", peer=far)
    undo.callback(place.kernel.remove, name)
    return place.kernel.index(name)


def sandbox_is_gone(host: Host, endpoint_id: str) -> bool:
    """Whether the sandbox that an endpoint was joined to is gone, as far as it can be seen from here."""
    path = Path((host.endpoints.get(endpoint_id) or {}).get("SandboxKey") or "/")
    return path.parent.is_dir() and not path.exists()


def sandbox_is_there(host: Host, endpoint_id: str) -> bool:
    """Whether the sandbox that an endpoint was joined to can be seen from here, and is a namespace still."""
    path = (host.endpoints.get(endpoint_id) or {}).get("SandboxKey")
    with contextlib.suppress(OSError):
        return bool(path) and Path(path).stat().st_dev == device()
    return False


def strays(host: Host) -> list[tuple[str, str]]:
    """Links of this plugin that nothing it remembers accounts for, with the reason."""
    expected = {naming.host_end(key) for key in host.endpoints} | {naming.container_end(key) for key in host.endpoints}
    marks = {naming.alias("network", key, host.plugin) for key in host.networks}
    marks |= {naming.alias("endpoint", key, host.plugin) for key in host.endpoints}
    found = []
    for link in list(host.kernel.links()):
        name, text = link.get("ifname"), link.get("ifalias")
        mark = naming.read_alias(text)
        if mark is None:
            if not text and has_our_form(name) and name not in expected and not peer_is_marked(host, link):
                found.append((name, "it was half made"))
        elif mark[2] == host.plugin and text not in marks:
            found.append((name, f"no {mark[0]} {mark[1][:12]} is remembered"))
    return found


def predecessors(host: Host, network_id: str, endpoint_id: str, asked: Mapping[str, Any]) -> list[str]:
    """Endpoints of a network that had one of the addresses that Docker asks for now, and so are gone.

    One whose container was killed together with its Docker says no farewell.
    """
    return [
        other
        for other, row in host.store.endpoints_of(network_id).items()
        if other != endpoint_id
        and any(asked.get(key) and asked.get(key) == (row.get("Interface") or {}).get(key) for key in _ADDRESSES)
    ]


def peer_is_marked(host: Host, link: Any) -> bool:
    """Whether the other end of a link's pair, in this namespace or in a network's own, says whose the pair is."""
    index, number = link.get("link"), link.get("link_netnsid")
    if not index or link.get(("linkinfo", "kind")) != "veth":  # of others, it is a parent
        return False
    if number is not None:
        return naming.read_alias(host.rooms.alias(host, number, index)) is not None
    with contextlib.suppress(NetlinkError):
        return naming.read_alias(host.kernel.link("get", index=index)[0].get("ifalias")) is not None
    return False


def has_our_form(name: str) -> bool:
    """Whether a link is called as only ours are."""
    return len(name) == 13 and name.startswith(tuple(naming.PREFIXES.values()))
