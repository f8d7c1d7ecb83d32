"""One parent: found and fit, or made; and whether the kernel lets links sit on it. Nothing of who else uses it."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workshop.drivers import links, naming
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.kernel import kinds
from workshop.kernel.kernel import NetlinkError

_LOOPBACK, _ETHERNET = 0x8, 1
_SHOWN = 8
_KIND = ("linkinfo", "kind")
_TAKES_IN = ("bridge", "bond", "team", "openvswitch")

MADE = ("vlan", "dummy")
"""The kinds of links that are made as parents."""


@dataclass(frozen=True)
class Use:
    """What a network wants of its parent.

    ``is_own``: it is a dummy for this network alone. ``mode`` is what must suit other networks of the parent, in the
    user's words. ``settings`` are those of each link, as pyroute2 calls them. ``mtu`` None: the parent's.
    """

    kind: str
    network_id: str
    parent: str
    is_own: bool
    mode: str
    mtu: int | None
    settings: Mapping[str, Any] = field(default_factory=dict)


def provide(host: Host, wanted: Use, undo: contextlib.ExitStack) -> bool:
    """Let the parent be there and up; say whether it had to be made. Raises PluginError."""
    link = host.kernel.find(wanted.parent)
    if link is None:
        (_make_dummy if wanted.is_own else _make_vlan)(host, wanted, undo)
        return True
    if wanted.is_own:
        links.refuse_others(host, wanted.parent, "network", wanted.network_id)
    _refuse_unfit(host, wanted, link)
    if link.get("state") != "up":
        if not is_ours(host, link):
            raise PluginError(_down(wanted.parent))
        _bring_up(host, wanted.parent)
    return False


def _refuse_unfit(host: Host, wanted: Use, link: Any) -> None:
    name, owned = wanted.parent, naming.read_alias(link.get("ifalias"))
    if link["flags"] & _LOOPBACK:
        raise unfit(name, "it is the loopback link, which leads nowhere")
    if link["ifi_type"] != _ETHERNET:
        raise unfit(name, "it is not an Ethernet link")
    if owned and owned[2] != host.plugin:
        raise unfit(name, f"the plugin {owned[2]} made it for its own networks, and removes it with them")
    if owned and link.get(_KIND) not in MADE:
        raise unfit(name, f"it belongs to {owned[0]} {owned[1][:12]}, and goes with it")
    if wanted.mtu and wanted.mtu > link.get("mtu"):
        raise PluginError(f"option mtu: {wanted.mtu} is more than the parent {name} carries ({link.get('mtu')})")


def _make_dummy(host: Host, wanted: Use, undo: contextlib.ExitStack) -> None:
    size = {"mtu": wanted.mtu} if wanted.mtu else {}
    try:
        host.kernel.link("add", ifname=wanted.parent, kind="dummy", **size)
    except NetlinkError as error:
        if not kinds.is_lacking(error):
            raise
        if _has_none(host, wanted.kind):
            raise PluginError(kinds.lacking(wanted.kind)) from None
        raise PluginError(f"a network without -o parent= needs a dummy, and {kinds.lacking('dummy')}") from None
    undo.callback(host.kernel.remove, wanted.parent)
    mark(host, wanted.parent, wanted.network_id)
    _bring_up(host, wanted.parent)


def _has_none(host: Host, kind: str) -> bool:
    """Whether the kernel does not know links of a kind that sit on others. One that does asks for the other link."""
    try:
        host.kernel.link("add", ifname="wsprobe", kind=kind)
    except NetlinkError as error:
        return kinds.is_lacking(error)
    host.kernel.remove("wsprobe")
    return False


def _make_vlan(host: Host, wanted: Use, undo: contextlib.ExitStack) -> None:
    """Make ``eth0.10``, under a name of ours until it is marked: cut short before, it is known as ours."""
    name, first = wanted.parent, naming.vlan(wanted.network_id)
    base, number = _vlan_of(host, wanted)
    links.clear_the_way(host, first, "network", wanted.network_id)
    try:
        host.kernel.link("add", ifname=first, kind="vlan", link=base["index"], vlan_id=number)
    except NetlinkError as error:
        if kinds.is_lacking(error):
            raise PluginError(f"{name} cannot be made: {kinds.lacking('vlan')}") from None
        if error.code == errno.EEXIST:
            raise PluginError(f"{name} cannot be made: {_other_name(host, base['index'], number)}") from None
        raise
    undo.callback(host.kernel.remove, first)
    mark(host, first, wanted.network_id)
    host.kernel.link("set", index=host.kernel.index(first), ifname=name)
    undo.callback(host.kernel.remove, name)
    _bring_up(host, name)


def _vlan_of(host: Host, wanted: Use) -> tuple[Any, int]:
    """The link and the VLAN that a name such as ``eth0.10`` means. Raises PluginError that names what is missing."""
    name = wanted.parent
    above, _, text = name.rpartition(".")
    base = host.kernel.find(above) if above else None
    if base is None:
        missing = f"there is no link {name}" + (f", nor {above}, of which it could be a VLAN" if above else "")
        raise PluginError(f"option parent: {missing}{_there_are(host)}")
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= 4094:
        raise PluginError(f"option parent: {name!r} is not valid; expected a VLAN from 1 to 4094, as in {above}.10")
    if base["flags"] & _LOOPBACK:
        raise unfit(name, f"{above} is the loopback link, which leads nowhere")
    if is_ours(host, base):
        raise unfit(name, f"{above} was made for other networks and goes with them; make {name} yourself, and it stays")
    if base.get("state") != "up":
        raise PluginError(_down(above))
    if wanted.mtu and wanted.mtu > base.get("mtu"):
        raise PluginError(f"option mtu: {wanted.mtu} is more than the parent {above} carries ({base.get('mtu')})")
    return base, int(text)


def _other_name(host: Host, base: int, number: int) -> str:
    for link in list(host.kernel.links()):
        if link.get("link") == base and link.get(("linkinfo", "data", "vlan_id")) == number:
            return f"VLAN {number} is there already, as {link.get('ifname')}; use -o parent={link.get('ifname')}"
    return f"VLAN {number} is there already, in another network namespace"


def _there_are(host: Host) -> str:
    found = [
        str(link.get("ifname"))
        for link in list(host.kernel.links())
        if link["ifi_type"] == _ETHERNET and not link.get("master") and naming.read_alias(link.get("ifalias")) is None
    ]
    return f"; there are {', '.join(sorted(found)[:_SHOWN])}" if found else ""


def _bring_up(host: Host, name: str) -> None:
    try:
        host.kernel.link("set", index=host.kernel.index(name), state="up")
    except NetlinkError as error:
        if error.code == errno.ENETDOWN:
            raise PluginError(_down(name.rpartition(".")[0])) from None
        raise


def _down(name: str) -> str:
    return f"the parent {name} is down: `ip link set {name} up` brings it up"


def try_out(host: Host, wanted: Use) -> None:
    """Whether the kernel makes such a link on the parent: only it knows of all who sit there. Raises PluginError."""
    name = naming.container_end(wanted.network_id)
    links.clear_the_way(host, name, "network", wanted.network_id)
    try:
        host.kernel.link("add", ifname=name, kind=wanted.kind, link=host.kernel.index(wanted.parent), **wanted.settings)
    except NetlinkError as error:
        raise explain(host, wanted, error) from None
    host.kernel.remove(name)


def other_mode(host: Host, wanted: Use) -> str | None:
    """An ipvlan link that somebody put on the parent by hand, whose mode or flag trying it out would change."""
    index = host.kernel.index(wanted.parent) if wanted.kind == "ipvlan" else None
    for link in list(host.kernel.links()) if index is not None else ():
        there = {name: link.get(("linkinfo", "data", name)) for name in wanted.settings}
        if link.get("link") == index and link.get(_KIND) == "ipvlan" and there != wanted.settings:
            return link.get("ifname")
    return None


def explain(host: Host, wanted: Use, error: NetlinkError) -> PluginError:
    """Why the kernel refused to make a link on a parent, in words."""
    name = wanted.parent
    if kinds.is_lacking(error):
        return PluginError(kinds.lacking(wanted.kind))
    if error.code == errno.EBUSY:
        if master := _master(host, name):
            return unfit(name, f"it is a port of {master}, which takes in all that it receives; use {master} instead")
        return unfit(
            name,
            "something takes in all that it receives already, such as links of the other kind: "
            "a link carries macvlan or ipvlan, never both",
        )
    if error.code == errno.EINVAL and wanted.mode == "passthru":
        return unfit(name, "in mode passthru a parent carries one container and nothing else, and it carries another")
    if error.code == errno.EINVAL and wanted.kind == "macvlan":
        return unfit(name, "a macvlan link in mode passthru has it for itself")
    return PluginError(f"the kernel refused to make a link of type {wanted.kind} on {name}: {error}")


def _master(host: Host, name: str) -> str | None:
    """The bridge, or what works like one, that a link is a port of."""
    link = host.kernel.find(name)
    index = link.get("master") if link is not None else None
    if not index:
        return None
    master = host.kernel.name_of(index)
    above = host.kernel.find(master)
    return master if above is not None and above.get(_KIND) in _TAKES_IN else None


def unfit(name: str, reason: str) -> PluginError:
    """That a link cannot be a parent, and why."""
    return PluginError(f"{name} cannot be the parent: {reason}")


def mark(host: Host, name: str, network_id: str) -> None:
    """Write on a link that it was made for a network."""
    text = naming.alias("network", network_id, host.plugin)
    host.kernel.link("set", index=host.kernel.index(name), ifalias=text)


def is_ours(host: Host, link: Any) -> bool:
    """Whether this plugin made a link."""
    owned = naming.read_alias(link.get("ifalias"))
    return owned is not None and owned[2] == host.plugin
