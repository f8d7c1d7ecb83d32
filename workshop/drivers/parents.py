"""Parents: links of the host that macvlan and ipvlan links sit on. Who uses which, and who may share.

    -o parent=eth0       a link that is there, and stays
    -o parent=eth0.10    VLAN 10 of eth0: made with its first network, removed with its last; if it is there, it stays
    (none)               a dummy, wsd<network>, that leads nowhere

A parent that was made carries the mark of one of its networks; when that one goes, the mark goes over to the next.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

from workshop.drivers import dockers_own, links, load, naming, options, parent_link
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.drivers.parent_link import Use, unfit
from workshop.errors import PluginError
from workshop.kernel import kinds

_turn = threading.RLock()  # calls on different networks come side by side, and these may share a parent
_SAME_FOR_ALL = "the kernel has these once for each parent, and changing them would change them for all"
_ON_A_PARENT = (*dockers_own.KINDS, "macvtap", "ipvtap", "vlan")


def use(kind: str, network_id: str, chosen: Options) -> Use:
    """What the options of a network of ``kind`` say of its parent."""
    parent = chosen.parent or naming.dummy(network_id)
    if kind == "macvlan":
        settings, mode = {"macvlan_mode": chosen.mode}, chosen.mode
    else:
        settings = {"ipvlan_mode": kinds.IPVLAN_MODES[chosen.mode], "ipvlan_flags": kinds.IPVLAN_FLAGS[chosen.flag]}
        mode = f"{chosen.mode} {chosen.flag}"
    return Use(kind, network_id, parent, not chosen.parent, mode, chosen.mtu, settings)


def hold(host: Host, request: Mapping[str, Any], wanted: Use) -> None:
    """Let a new network have its parent: there, up, fit for it, and used by nobody whom it would disturb.

    The network is remembered at once, so that one that is created at the same moment finds it.

    :raises PluginError: if that cannot be; then nothing was made.
    """
    with _turn, rollback() as undo:
        if wanted.network_id in host.networks:  # asked again: who else is on the parent has come later
            parent_link.provide(host, wanted, undo)
            return
        _refuse_conflicts(host, wanted)
        host.store.networks.put(wanted.network_id, request)
        undo.callback(host.store.networks.drop, wanted.network_id)
        parent_link.provide(host, wanted, undo)
        parent_link.try_out(host, wanted)


def ready(host: Host, wanted: Use) -> int:
    """The index of a network's parent, which is up; one that we made is made again if it is gone.

    :raises PluginError: that names it, if it is not there or down.
    """
    with _turn, rollback() as undo:
        parent_link.provide(host, wanted, undo)
        return host.kernel.index(wanted.parent)  # type: ignore[return-value]


def restore(host: Host, wanted: Use) -> list[str]:
    """Make a remembered network's parent again if it is one that we make; say so. Raises PluginError."""
    with _turn, rollback() as undo:
        link = host.kernel.find(wanted.parent)
        if link is not None and not parent_link.is_ours(host, link):
            return []
        made = parent_link.provide(host, wanted, undo)
    return [f"made {wanted.parent} again for network {wanted.network_id[:12]}: it was gone"] if made else []


def release(host: Host, network_id: str, parent: str | None) -> None:
    """Give a network's parent back. One that we made goes with its last network.

    ``parent`` None: the network is not remembered, and all that carries its mark is looked for.
    """
    mark = naming.alias("network", network_id, host.plugin)
    with _turn:
        for name in (naming.vlan(network_id), naming.container_end(network_id)):  # what was cut short
            links.remove_ours(host, name, "network", network_id)
        found = list(host.kernel.links()) if parent is None else [host.kernel.find(parent)]
        for link in found:
            if link is not None and link.get("ifalias") == mark and _kind(link) in parent_link.MADE:
                _give_back(host, link, network_id)


# -- who uses it


def _uses(host: Host, but: str) -> list[Use]:
    """What all remembered networks but one want of their parents."""
    found = []
    for network_id, network in host.networks.items():
        kind = host.type_of(network)
        if kind in dockers_own.KINDS and network_id != but:
            with contextlib.suppress(PluginError):
                found.append(use(kind, network_id, options.read(load(kind).OPTIONS, network, lambda text: None)))
    return found


def sharing(host: Host, wanted: Use) -> list[Use]:
    """What other remembered networks want of the same parent."""
    return [other for other in _uses(host, wanted.network_id) if _is_same(host, other.parent, wanted.parent)]


def _is_same(host: Host, one: str, other: str) -> bool:
    """Whether two names are of one link: it may have several."""
    return one == other or (host.kernel.index(one) or 0) == (host.kernel.index(other) or -1)


def _refuse_conflicts(host: Host, wanted: Use) -> None:
    """Raises PluginError if a network of ours, or one of Docker's own drivers, has the parent, and both cannot."""
    if wanted.is_own:
        return
    for other in sharing(host, wanted):
        if reason := _conflict(wanted, other):
            raise unfit(wanted.parent, reason)
    if name := parent_link.other_mode(host, wanted):
        raise unfit(
            wanted.parent,
            f"{name} is on it, an ipvlan link with another mode or flag; {_SAME_FOR_ALL}",
        )
    for own in dockers_own.networks(host.namespace):
        if _is_same(host, own.parent, wanted.parent):
            raise unfit(
                wanted.parent,
                f"Docker's own {own.kind} network {own.name!r} is on it, and neither driver knows of the other's: "
                "choose another parent, or Docker's driver for both",
            )


def _conflict(wanted: Use, other: Use) -> str | None:
    """Why two networks cannot share a parent, or ``None``."""
    whose = f"network {other.network_id[:12]}"
    if other.kind != wanted.kind:
        return (
            f"{whose} of type {other.kind} is on it, and a link carries macvlan or ipvlan, never both: "
            "each takes in all that it receives"
        )
    if wanted.kind == "ipvlan" and other.mode != wanted.mode:
        return f"{whose} is on it with mode and flag {other.mode}, and {wanted.mode} was asked for; {_SAME_FOR_ALL}"
    if wanted.mode == "passthru":
        return f"mode passthru wants it for itself, and {whose} is on it"
    if other.mode == "passthru":
        return f"{whose} has it for itself (mode passthru)"
    return None


# -- giving it back


def _give_back(host: Host, link: Any, network_id: str) -> None:
    name = link.get("ifname")
    heirs = [other for other in _uses(host, network_id) if _is_same(host, other.parent, name)]
    if heirs:
        parent_link.mark(host, name, heirs[0].network_id)
    elif reason := _needed_by_others(host, link):
        host.kernel.link("set", index=link["index"], ifalias="")
        host.warn(f"{name} was made for a network that is gone, and stays: {reason}.")
    else:
        host.kernel.remove(name)


def _needed_by_others(host: Host, link: Any) -> str | None:
    name = link.get("ifname")
    for own in dockers_own.networks(host.namespace):
        if _is_same(host, own.parent, name):
            return f"Docker's own {own.kind} network {own.name!r} is on it"
    for other in list(host.kernel.links()):
        on_it = other.get("link") == link["index"] and _kind(other) in _ON_A_PARENT
        if on_it and not parent_link.is_ours(host, other) and not links.has_our_form(other.get("ifname")):
            return f"{other.get('ifname')} is on it"
    return None


def _kind(link: Any) -> str | None:
    return link.get(("linkinfo", "kind"))
