"""What a kind of link tells of itself beyond what all links have (IFLA_INFO_DATA): one table, by kind."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

Reader = Callable[[memoryview], Any]


def number(value: memoryview, order: Literal["little", "big"] = sys.byteorder) -> int:
    """A whole number of any width, in the machine's own order unless another is named."""
    return int.from_bytes(value, order)


def network_order(value: memoryview) -> int:
    """A whole number as it stands in packets."""
    return number(value, "big")


def flag(value: memoryview) -> bool:
    """Whether any bit is set."""
    return any(value)


def ip(value: memoryview) -> str | None:
    """An address of IPv4 or IPv6; ``None`` for what has another length."""
    if len(value) not in (4, 16):
        return None
    return socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, bytes(value))


def word(names: Mapping[int, str], read: Callable[[memoryview], int] = number) -> Reader:
    """A reader of numbers that have names; one without a name stays a number."""
    return lambda value: names.get(read(value), read(value))


_MACVLAN = {1: ("mode", word({1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source"}))}
_IPVLAN = {
    1: ("mode", word({0: "l2", 1: "l3", 2: "l3s"})),
    2: ("flag", word({0: "bridge", 1: "private", 2: "vepa"})),
}

TABLE: dict[str, dict[int, tuple[str, Reader]]] = {
    "vxlan": {
        1: ("vni", number),
        2: ("group", ip),
        3: ("parent", number),
        4: ("local", ip),
        7: ("learning", flag),
        15: ("port", network_order),
        16: ("group", ip),
        17: ("local", ip),
        25: ("external", flag),
    },
    "macvlan": _MACVLAN,
    "macvtap": _MACVLAN,
    "ipvlan": _IPVLAN,
    "ipvtap": _IPVLAN,
    "vlan": {1: ("id", number), 5: ("protocol", word({0x8100: "802.1Q", 0x88A8: "802.1ad"}, network_order))},
}
"""What is read, by kind and by the kernel's number of the attribute: its name here, and how it is read."""


def read(kind: str | None, attributes: Mapping[int, memoryview]) -> dict[str, Any]:
    """What a link of this kind tells of itself: ``{"vni": 42, "port": 4789}``; nothing for a kind without a row.

    ``parent`` is an index: the link that a tunnel's packets leave by, if it is bound to one.
    """
    table = TABLE.get(kind or "", {})
    return {table[key][0]: table[key][1](value) for key, value in attributes.items() if key in table}
