"""pyroute2's calls written as ``ip`` and ``bridge`` commands: pure functions, for the log and for learning."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from workshop.kernel.kinds import IPVLAN_FLAGS, IPVLAN_MODES

NameOf = Callable[[int], str]
"""Gives a link's name for its index."""

READS = frozenset({"dump", "get", "show"})
"""Commands that change nothing."""

_BEFORE_KIND = (("mtu", "mtu"), ("address", "address"), ("txqlen", "txqueuelen"))
_BRIDGE_PORT = {
    "mode": "hairpin",
    "isolated": "isolated",
    "learning": "learning",
    "unicast_flood": "flood",
    "neigh_suppress": "neigh_suppress",
}
_FDB_BITS = {"flags": {0x02: "self", 0x04: "master", 0x40: "sticky"}, "state": {0x02: "static", 0x80: "permanent"}}
"""Words for bits: whose forwarding table is meant, the link's own or its bridge's; what does not move, or age."""
_ADDRESS_FLAGS = {0x02: "nodad", 0x200: "noprefixroute"}
_SCOPES = {0: "global", 253: "link", 254: "host"}

_KIND_OPTIONS = {
    "vxlan_id": "id",
    "vxlan_port": "dstport",
    "vxlan_local": "local",
    "vxlan_local6": "local",
    "vxlan_group": "group",
    "vxlan_group6": "group",
    "vxlan_link": "dev",
    "vxlan_learning": "learning",
    "vxlan_proxy": "proxy",
    "macvlan_mode": "mode",
    "ipvlan_mode": "mode",
    "ipvlan_flags": None,
    "vlan_id": "id",
    "br_stp_state": "stp_state",
    "br_mcast_snooping": "mcast_snooping",
}
"""What a kind's settings are called by ``ip``; None: the value stands alone."""

_VALUES = {
    "macvlan_mode": {1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source"},
    "ipvlan_mode": {number: word for word, number in IPVLAN_MODES.items()},
    "ipvlan_flags": {number: word for word, number in IPVLAN_FLAGS.items()},
}
"""Values that are numbers to the kernel, and words to ``ip``."""


def as_command(method: str, verb: str, arguments: Mapping[str, Any], name_of: NameOf) -> str:
    """Write ``IPRoute().<method>(<verb>, **arguments)`` as one command line.

    What has no counterpart is written as ``key value``, so that nothing is hidden.
    """
    words = _WRITERS.get(method, _other)(method, verb, dict(arguments), name_of)
    return " ".join(shlex.quote(str(word)) for word in words)


def _device(arguments: dict[str, Any], name_of: NameOf) -> str:
    index = arguments.pop("index", arguments.pop("ifindex", None))
    name = arguments.pop("ifname", None)
    if index is None:
        return name or "?"
    if name is not None:
        arguments["name"] = name  # `link set index=… ifname=…` renames
    return name_of(index)


def _link(_: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    words: list[Any] = ["ip", "link", verb, "dev" if verb == "set" else None, _device(arguments, name_of)]
    if "name" in arguments:
        words += ["name", arguments.pop("name")]
    parent = arguments.pop("link", None)
    if parent is not None:
        words += ["link", name_of(parent)]
    words += [*_settings(arguments, name_of)]
    words += _netns(arguments)
    if "ifalias" in arguments:
        words += ["alias", arguments.pop("ifalias")]
    kind, peer = arguments.pop("kind", None), arguments.pop("peer", None)
    if kind:
        words += ["type", kind]
        for key in [key for key in arguments if key in _KIND_OPTIONS]:
            value = arguments.pop(key)
            value = name_of(value) if key == "vxlan_link" else _VALUES.get(key, {}).get(value, value)
            words += [_KIND_OPTIONS[key], value]
    if peer:
        peer = {"ifname": peer} if isinstance(peer, str) else dict(peer)
        words += ["peer", "name", peer.pop("ifname", "?"), *_settings(peer, name_of), *_netns(peer), *_rest(peer)]
    return [word for word in [*words, *_rest(arguments)] if word is not None]


def _netns(arguments: dict[str, Any]) -> list[Any]:
    found = [arguments.pop(key) for key in ("net_ns_fd", "net_ns_pid") if key in arguments]
    return ["netns", found[0]] if found else []


def _settings(arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    words: list[Any] = []
    for key, word in _BEFORE_KIND:
        if key in arguments:
            words += [word, arguments.pop(key)]
    if "master" in arguments:
        master = arguments.pop("master")
        words += ["master", name_of(master)] if master else ["nomaster"]
    if "state" in arguments:
        words.append(arguments.pop("state"))
    return words


def _address(_: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    device = _device(arguments, name_of)
    address, length = arguments.pop("address", "?"), arguments.pop("prefixlen", arguments.pop("mask", None))
    words = ["ip", "-6" if ":" in str(address) else None, "addr", verb]
    words += [f"{address}/{length}" if length is not None else address, "dev", device]
    flags = arguments.pop("flags", 0)
    words += [word for bit, word in _ADDRESS_FLAGS.items() if flags & bit]
    arguments.pop("family", None)
    return [word for word in [*words, *_rest(arguments)] if word is not None]


def _route(_: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    words: list[Any] = ["ip", "-6" if arguments.pop("family", 2) == 10 else None, "route", verb]
    destination = arguments.pop("dst", "default")
    length = arguments.pop("dst_len", None)
    words.append(f"{destination}/{length}" if length is not None else destination)
    for key, word in (("gateway", "via"), ("prefsrc", "src"), ("table", "table")):
        if key in arguments:
            words += [word, arguments.pop(key)]
    if "oif" in arguments:
        words += ["dev", name_of(arguments.pop("oif"))]
    if "scope" in arguments:
        scope = arguments.pop("scope")
        words += ["scope", _SCOPES.get(scope, scope)]
    return [word for word in [*words, *_rest(arguments)] if word is not None]


def _neighbour(_: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    device = _device(arguments, name_of)
    words = ["ip", "neigh", verb, arguments.pop("dst", "?")]
    if "lladdr" in arguments:
        words += ["lladdr", arguments.pop("lladdr")]
    words += ["dev", device]
    if "state" in arguments:
        words += ["nud", arguments.pop("state")]
    return [*words, *_rest(arguments)]


def _fdb(_: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    device = _device(arguments, name_of)
    words = ["bridge", "fdb", verb, arguments.pop("lladdr", "?"), "dev", device]
    if "dst" in arguments:
        words += ["dst", arguments.pop("dst")]
    for key, bits in _FDB_BITS.items():
        if isinstance(arguments.get(key), int):
            value = arguments.pop(key)
            words += [word for bit, word in bits.items() if value & bit]
    return [*words, *_rest(arguments)]


def _bridge_port(_: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    words = ["bridge", "link", verb, "dev", _device(arguments, name_of)]
    for key, word in _BRIDGE_PORT.items():
        if key in arguments:
            words += [word, "on" if arguments.pop(key) else "off"]
    return [*words, *_rest(arguments)]


def _other(method: str, verb: str, arguments: dict[str, Any], name_of: NameOf) -> list[Any]:
    device = ["dev", _device(arguments, name_of)] if {"index", "ifname"} & arguments.keys() else []
    return ["ip", method, verb, *device, *_rest(arguments)]


def _rest(arguments: dict[str, Any]) -> list[Any]:
    return [word for key, value in arguments.items() for word in (key, value)]


_WRITERS = {
    "link": _link,
    "addr": _address,
    "route": _route,
    "neigh": _neighbour,
    "fdb": _fdb,
    "brport": _bridge_port,
}
