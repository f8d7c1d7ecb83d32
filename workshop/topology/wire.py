"""Reading rtnetlink messages: only the kinds and attributes that the graph has.

pyroute2 reads every attribute of a message, which takes it 0.3 ms for a link; this takes a hundredth of
that, and with hundreds of containers it is the difference between watching and falling behind. The tests
hold it to pyroute2.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workshop.topology import kinds

HEADER = struct.Struct("=IHHII")
ERROR, DONE = 2, 3
NEWLINK, DELLINK, GETLINK = 16, 17, 18
NEWADDR, DELADDR, GETADDR = 20, 21, 22
NEWROUTE, DELROUTE, GETROUTE = 24, 25, 26
NEWNEIGH, DELNEIGH, GETNEIGH = 28, 29, 30
NEWNSID, DELNSID, GETNSID = 88, 89, 90
REQUEST, ACK, DUMP, DUMP_INTERRUPTED, REPLACE = 0x01, 0x04, 0x300, 0x10, 0x100

GROUPS = {
    "link": 1,
    "neigh": 3,
    "ipv4-address": 5,
    "ipv4-route": 7,
    "ipv6-address": 9,
    "ipv6-route": 11,
    "nsid": 28,
}
"""The multicast groups of rtnetlink that are listened to."""

FAMILIES = {socket.AF_INET: 4, socket.AF_INET6: 6}
FORWARDING = 7
"""The address family of forwarding tables (AF_BRIDGE)."""

MAIN_TABLE = 254
UP, LOOPBACK = 0x1, 0x8
OPERSTATE_FINE = (0, 6)  # unknown (tunnels and the like never say), up
CLONED = 0x200
PUT_AWAY = "workshop gone"
"""The alias of a link that is as good as removed: to remove it for good takes the kernel its time."""

PERMANENT, FAILED, NOARP, INCOMPLETE = 0x80, 0x20, 0x40, 0x01

_u32, _s32 = struct.Struct("=I"), struct.Struct("=i")
_attribute = struct.Struct("=HH")
_link = struct.Struct("=BxHiII")
_address = struct.Struct("=BBBBI")
_route = struct.Struct("=BBBBBBBBI")
_neighbour = struct.Struct("=BxxxiHBB")
_nexthop = struct.Struct("=HBBi")


@dataclass(slots=True)
class Message:
    """One message: ``what`` it is about, whether that is there or ``gone``, and ``index`` of the link
    concerned.

    ``value`` depends on ``what``: see the functions below. ``replaces``: what had the same place is gone.
    """

    what: str
    gone: bool
    index: int = 0
    value: dict[str, Any] = field(default_factory=dict)
    replaces: bool = False


def messages(data: bytes) -> Iterator[tuple[int, int, int, memoryview]]:
    """The messages of one datagram: ``(type, flags, sequence number, body)``."""
    view = memoryview(data)
    at = 0
    while at + 16 <= len(view):
        length, kind, flags, sequence, _ = HEADER.unpack_from(view, at)
        if length < 16 or at + length > len(view):
            return
        yield kind, flags, sequence, view[at + 16 : at + length]
        at += (length + 3) & ~3


def attributes(body: memoryview, at: int) -> dict[int, memoryview]:
    """The attributes behind a fixed part of ``at`` bytes, by number."""
    found = {}
    end = len(body)
    while at + 4 <= end:
        length, kind = _attribute.unpack_from(body, at)
        if length < 4 or at + length > end:
            break
        found[kind & 0x3FFF] = body[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def read(kind: int, flags: int, body: memoryview) -> Iterator[Message]:
    """What one message tells. Nothing if it is of no interest here."""
    reader = _READERS.get(kind)
    if reader is not None:
        yield from reader(kind, flags, body)


def read_all(data: bytes) -> Iterator[Message]:
    """What all messages of one datagram tell."""
    for kind, flags, _, body in messages(data):
        yield from read(kind, flags, body)


def _text(value: memoryview | None) -> str | None:
    return None if value is None else bytes(value).split(b"\0", 1)[0].decode("utf-8", "replace")


def _number(value: memoryview | None) -> int | None:
    return None if value is None or len(value) < 4 else _s32.unpack_from(value)[0]


def _mac(value: memoryview | None) -> str | None:
    return None if value is None or len(value) != 6 else bytes(value).hex(":")


def _ip(value: memoryview | None) -> str | None:
    if value is None or len(value) not in (4, 16):
        return None
    return socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, bytes(value))


def _read_link(kind: int, flags: int, body: memoryview) -> Iterator[Message]:
    """``name, kind, state, mac, mtu, master, alias``; ``info``: the kind's own; ``other`` and ``other_nsid``: the
    peer's or parent's index (a tunnel without any says its own, which is left out), and in which namespace;
    ``new_nsid`` and ``new_index``: where it went, if it was moved."""
    family, _, index, state, _ = _link.unpack_from(body)
    if family != 0 or state & LOOPBACK:
        return  # bridges announce their ports once more, as a family of their own
    found = attributes(body, 16)
    info = attributes(found[18], 0) if 18 in found else {}
    fine = found[16][0] in OPERSTATE_FINE if 16 in found else True
    alias, name = _text(found.get(20)), _text(info.get(1))
    own = kinds.read(name, attributes(info[2], 0)) if name in kinds.TABLE and 2 in info else {}
    yield Message(
        "link",
        kind == DELLINK or alias == PUT_AWAY,
        index,
        {
            "name": _text(found.get(3)) or "",
            "kind": name,
            "state": ("up" if fine else "no carrier") if state & UP else "down",
            "mac": _mac(found.get(1)),
            "mtu": _number(found.get(4)) or 0,
            "master": _number(found.get(10)),
            "alias": alias,
            "other": own.pop("parent", None) if name == "vxlan" else _number(found.get(5)),
            "info": own,
            "other_nsid": _number(found.get(37)),
            "new_nsid": _number(found.get(45)),
            "new_index": _number(found.get(49)),
        },
    )


def _read_address(kind: int, flags: int, body: memoryview) -> Iterator[Message]:
    """``address`` with its prefix length, and ``family`` 4 or 6."""
    family, length, _, _, index = _address.unpack_from(body)
    found = attributes(body, 8)
    address = _ip(found.get(2) or found.get(1))
    if family in FAMILIES and address and not _is_noise(address):
        value = {"address": f"{address}/{length}", "family": FAMILIES[family]}
        yield Message("address", kind == DELADDR, index, value)


def _read_route(kind: int, flags: int, body: memoryview) -> Iterator[Message]:
    """``family, dst`` (``default`` or with its length), ``gateway, metric, source``; one for each next
    hop."""
    family, length, _, _, table, _, _, route_type, route_flags = _route.unpack_from(body)
    if family not in FAMILIES or route_type != 1 or route_flags & CLONED:
        return
    found = attributes(body, 12)
    if (_number(found.get(15)) or table) != MAIN_TABLE:
        return
    target = _ip(found.get(1))
    if target and _is_noise(target):
        return
    value = {
        "family": FAMILIES[family],
        "dst": f"{target}/{length}" if target else "default",
        "gateway": _ip(found.get(5)),
        "metric": _number(found.get(6)) or 0,
        "source": _ip(found.get(7)),
    }
    hops = list(_next_hops(found[9])) if 9 in found else [(_number(found.get(4)) or 0, value["gateway"])]
    for at, (index, gateway) in enumerate(hops):
        replaces = kind == NEWROUTE and bool(flags & REPLACE) and at == 0
        yield Message("route", kind == DELROUTE, index, {**value, "gateway": gateway}, replaces)


def _next_hops(body: memoryview) -> Iterator[tuple[int, str | None]]:
    at = 0
    while at + 8 <= len(body):
        length, _, _, index = _nexthop.unpack_from(body, at)
        if length < 8:
            return
        yield index, _ip(attributes(body[at : at + length], 8).get(5))
        at += (length + 3) & ~3


def _read_neighbour(kind: int, flags: int, body: memoryview) -> Iterator[Message]:
    """``address, mac, state``: ``permanent``, or ``learned``. One that cannot be reached counts as gone."""
    family, index, state, _, _ = _neighbour.unpack_from(body)
    found = attributes(body, 12)
    if family == FORWARDING:
        yield from _read_forwarding(kind == DELNEIGH, index, state, found)
        return
    address = _ip(found.get(1))
    if family not in FAMILIES or not address or _is_noise(address) or state & NOARP:
        return
    mac = _mac(found.get(2))
    gone = kind == DELNEIGH or bool(state & (FAILED | INCOMPLETE)) or mac is None or state == 0
    told = "permanent" if state & PERMANENT else "learned"
    yield Message("neighbour", gone, index, {"address": address, "mac": mac, "state": told})


def _read_forwarding(gone: bool, index: int, state: int, found: dict[int, memoryview]) -> Iterator[Message]:
    """``mac, dst, state``: to which address a tunnel sends the frames for a MAC address. A bridge's own table is left
    out: it changes with every packet's sender."""
    mac = _mac(found.get(2))
    if mac is not None and 9 not in found:  # 9: the bridge whose table it is
        told = "permanent" if state & (PERMANENT | NOARP) else "learned"
        yield Message("fdb", gone, index, {"mac": mac, "dst": _ip(found.get(1)), "state": told})


def _read_nsid(kind: int, flags: int, body: memoryview) -> Iterator[Message]:
    """``nsid``: the number by which the listening namespace knows another."""
    value = _number(attributes(body, 4).get(1))
    if value is not None:
        yield Message("nsid", kind == DELNSID, 0, {"nsid": value})


def _is_noise(address: str) -> bool:
    """Link-local and multicast addresses of IPv6, and IPv4's multicast and broadcast."""
    if ":" in address:
        return address.startswith(("fe8", "fe9", "fea", "feb", "ff")) or address == "::1"
    first = int(address.partition(".")[0])
    return first == 127 or 224 <= first <= 239 or address == "255.255.255.255"


_READERS = {
    NEWLINK: _read_link,
    DELLINK: _read_link,
    NEWADDR: _read_address,
    DELADDR: _read_address,
    NEWROUTE: _read_route,
    DELROUTE: _read_route,
    NEWNEIGH: _read_neighbour,
    DELNEIGH: _read_neighbour,
    NEWNSID: _read_nsid,
    DELNSID: _read_nsid,
}


def request(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """A message to the kernel."""
    return HEADER.pack(16 + len(body), kind, flags, sequence, 0) + body


def attribute(kind: int, value: int) -> bytes:
    """An attribute that is a 32-bit number."""
    return _attribute.pack(8, kind) + _s32.pack(value)
