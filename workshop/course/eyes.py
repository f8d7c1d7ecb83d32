"""Asking the kernel about one namespace: all there is, in well under a millisecond. Nothing is changed by it."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workshop.kernel.namespaces import Namespace
from workshop.topology import kinds, wire

_FAMILIES = {socket.AF_INET: 4, socket.AF_INET6: 6}
_GETRULE, _GETGEN = 34, 10 << 8 | 16
_EXTENDED, _NO_STATISTICS, _STATISTICS = 29, 8, 23
_LARGEST = 1 << 18
_SOL_NETLINK, _STRICT_CHECK = 270, 12
_FIXED = {wire.GETLINK: 16, wire.GETADDR: 8, wire.GETROUTE: 12, wire.GETNEIGH: 12, _GETRULE: 12}
_NETFILTER = 12
_BRIDGE = 7
"""The address family of forwarding tables."""

_NEIGHBOUR_STATES = {
    1: "incomplete",
    2: "reachable",
    4: "stale",
    8: "delay",
    16: "probe",
    32: "failed",
    128: "permanent",
}
_PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
_UP, _NOARP = 1, 0x40
_LOCAL_TABLE = 255


@dataclass
class Seen:
    """What the kernel told of one namespace. Rows are dictionaries; see the functions that read them."""

    links: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    routes: list[dict[str, Any]] = field(default_factory=list)
    neighbours: list[dict[str, Any]] = field(default_factory=list)


class Eyes:
    """Looks at one namespace. It holds a socket there until ``close``. For one thread at a time."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        with namespace.entered():
            self._routing = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            self._netfilter = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETFILTER)
        for end in (self._routing, self._netfilter):
            end.settimeout(5)
        with contextlib.suppress(OSError):
            self._routing.setsockopt(_SOL_NETLINK, _STRICT_CHECK, 1)
        self._sequence = 0

    def close(self) -> None:
        """Let go of the namespace."""
        self._routing.close()
        self._netfilter.close()

    def __enter__(self) -> Eyes:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look(self) -> Seen:
        """Links, addresses, routes and neighbours."""
        return Seen(
            self.links(),
            self.addresses(),
            self._dump(wire.GETROUTE, _route),
            self._dump(wire.GETNEIGH, _neighbour),
        )

    def links(self) -> list[dict[str, Any]]:
        """All links: ``index, name, kind, up, carrier, mac, mtu, master, alias, other, elsewhere``.

        ``own`` and ``port`` are what ``own_data`` and ``port_data`` read.
        """
        return self._dump(wire.GETLINK, _link, bytes(16) + wire.attribute(_EXTENDED, _NO_STATISTICS))

    def counters(self) -> list[dict[str, Any]]:
        """What has gone through all links: ``index, rx_packets, tx_packets, rx_bytes, tx_bytes``."""
        return self._dump(wire.GETLINK, _counters)

    def addresses(self) -> list[dict[str, Any]]:
        """All addresses: ``index`` of the link, ``address`` with its mask."""
        return self._dump(wire.GETADDR, _address)

    def fdb(self) -> list[dict[str, Any]]:
        """The bridges' and tunnels' forwarding tables: ``mac, link, master, dst, vni, permanent``."""
        body = struct.pack("=BxxxiHBB", _BRIDGE, 0, 0, 0, 0)
        return self._dump(wire.GETNEIGH, _fdb, body)

    def policies(self) -> list[str]:
        """The routing policy's rules, as text."""
        return self._dump(_GETRULE, _policy)

    def generation(self) -> int | None:
        """A number that changes with every change of nftables' rules; ``None`` where there are none."""
        self._sequence += 1
        self._netfilter.send(wire.request(_GETGEN, wire.REQUEST, self._sequence, struct.pack("=BBH", 0, 0, 0)))
        try:
            for kind, _, sequence, body in wire.messages(self._netfilter.recv(_LARGEST)):
                if sequence == self._sequence and kind != wire.ERROR:
                    return int.from_bytes(wire.attributes(body, 4)[1], "big")
        except (OSError, KeyError):
            pass
        return None

    def _dump(self, kind: int, read: Any, body: bytes = b"") -> list[Any]:
        for _ in range(5):  # the kernel says if things changed while it told them
            found: list[Any] = []
            whole = True
            for flags, part in self._ask(kind, body or bytes(_FIXED[kind])):
                whole = whole and not flags & wire.DUMP_INTERRUPTED
                row = read(part)
                if row is not None:
                    found.append(row)
            if whole:
                break
        return found

    def _ask(self, kind: int, body: bytes) -> Iterator[tuple[int, memoryview]]:
        self._sequence += 1
        self._routing.send(wire.request(kind, wire.REQUEST | wire.DUMP, self._sequence, body))
        while True:
            for got, flags, sequence, part in wire.messages(self._routing.recv(_LARGEST)):
                if sequence != self._sequence:
                    continue
                if got == wire.ERROR:
                    number = -struct.unpack_from("=i", part)[0]
                    if number:
                        raise OSError(number, os.strerror(number))
                    return
                if got == wire.DONE:
                    return
                yield flags, part


def _text(value: memoryview | None) -> str:
    return "" if value is None else bytes(value).split(b"\0", 1)[0].decode("utf-8", "replace")


def _number(value: memoryview | None) -> int | None:
    return None if value is None else int.from_bytes(value, "little" if wire.HEADER.pack(1, 0, 0, 0, 0)[0] else "big")


def _mac(value: memoryview | None) -> str:
    return "" if value is None else bytes(value).hex(":")


def _ip(value: memoryview | None) -> str | None:
    if value is None or len(value) not in (4, 16):
        return None
    return socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, bytes(value))


_PORT = {1: ("state", kinds.word(dict(enumerate(_PORT_STATES)))), 4: ("hairpin", _number), 33: ("isolated", _number)}


def own_data(kind: str | None, data: memoryview | None) -> dict[str, Any]:
    """What a kind tells of itself: a vxlan's ``vni`` and more, the ``mode`` of a macvlan or an ipvlan."""
    return kinds.read(kind, wire.attributes(data, 0)) if data is not None else {}


def port_data(data: memoryview | None) -> dict[str, Any]:
    """What a bridge knows of its port: ``state``, ``hairpin``, ``isolated``."""
    found = wire.attributes(data, 0) if data is not None else {}
    return {_PORT[key][0]: _PORT[key][1](value) for key, value in found.items() if key in _PORT}


def _link(body: memoryview) -> dict[str, Any] | None:
    _, index, flags, _ = struct.unpack_from("=HiII", body, 2)
    found = wire.attributes(body, 16)
    info = wire.attributes(found[18], 0) if 18 in found else {}
    kind = _text(info.get(1)) or None
    return {
        "index": index,
        "name": _text(found.get(3)),
        "kind": kind,
        "up": bool(flags & _UP),
        "carrier": bool(found[33][0]) if 33 in found else True,
        "mac": _mac(found.get(1)),
        "mtu": _number(found.get(4)) or 0,
        "master": _number(found.get(10)),
        "alias": _text(found.get(20)),
        "other": _number(found.get(5)),
        "elsewhere": 37 in found,
        "own": info.get(2),
        "port": info.get(5) if _text(info.get(4)) == "bridge" else None,
    }


def _counters(body: memoryview) -> dict[str, Any] | None:
    told = wire.attributes(body, 16).get(_STATISTICS)
    if told is None:
        return None
    names = ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
    return {
        "index": struct.unpack_from("=i", body, 4)[0],
        **dict(zip(names, struct.unpack_from("=4Q", told), strict=True)),
    }


def _address(body: memoryview) -> dict[str, Any] | None:
    family, length, _, _, index = struct.unpack_from("=BBBBI", body)
    found = wire.attributes(body, 8)
    address = _ip(found.get(2) or found.get(1))
    return {"index": index, "address": f"{address}/{length}"} if family in _FAMILIES and address else None


def _route(body: memoryview) -> dict[str, Any] | None:
    family, length, _, _, table, _, _, kind, flags = struct.unpack_from("=BBBBBBBBI", body)
    found = wire.attributes(body, 12)
    table = _number(found.get(15)) or table
    if family not in _FAMILIES or table == _LOCAL_TABLE or flags & wire.CLONED or kind not in (1, 6, 7, 8):
        return None
    target, hops = _ip(found.get(1)), [(_number(found.get(4)), _ip(found.get(5)))]
    if 9 in found:
        hops = [(index, _ip(wire.attributes(part, 8).get(5))) for index, part in _next_hops(found[9])]
    return {
        "version": _FAMILIES[family],
        "dst": f"{target}/{length}" if target else "default",
        "gateway": hops[0][1],
        "index": hops[0][0],
        "table": table,
    }


def _next_hops(body: memoryview) -> Iterator[tuple[int, memoryview]]:
    at = 0
    while at + 8 <= len(body):
        length, _, _, index = struct.unpack_from("=HBBi", body, at)
        if length < 8:
            return
        yield index, body[at : at + length]
        at += (length + 3) & ~3


def _neighbour(body: memoryview) -> dict[str, Any] | None:
    family, index, state, _, _ = struct.unpack_from("=BxxxiHBB", body)
    found = wire.attributes(body, 12)
    address = _ip(found.get(1))
    if family not in _FAMILIES or not address or state & _NOARP:
        return None
    told = _NEIGHBOUR_STATES.get(state, "none")
    return {"address": address, "mac": _mac(found.get(2)), "index": index, "state": told}


def _fdb(body: memoryview) -> dict[str, Any] | None:
    _, index, state, _, _ = struct.unpack_from("=BxxxiHBB", body)
    found = wire.attributes(body, 12)
    vni = found.get(7) or found.get(11)
    return {
        "mac": _mac(found.get(2)),
        "index": index,
        "master": _number(found.get(9)),
        "dst": _ip(found.get(1)),
        "vni": _number(vni),
        "permanent": bool(state & 0x80),
    }


def _policy(body: memoryview) -> str | None:
    family, to_length, from_length, _, table, _, _, action = struct.unpack_from("=BBBBBBBB", body)
    found = wire.attributes(body, 12)
    words = [f"IPv{_FAMILIES.get(family, family)} rule {_number(found.get(6)) or 0}:"]
    words.append(f"from {_ip(found[2])}/{from_length}" if 2 in found else "from all")
    words += [f"to {_ip(found[1])}/{to_length}"] if 1 in found else []
    words += [f"iif {_text(found[3])}"] if 3 in found else []
    words += [f"oif {_text(found[17])}"] if 17 in found else []
    words += [f"fwmark {_number(found[10])}"] if _number(found.get(10)) else []
    words.append(f"lookup {_number(found.get(15)) or table}" if action == 1 else f"action {action}")
    return " ".join(words)
