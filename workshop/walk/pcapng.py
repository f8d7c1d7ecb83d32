"""A capture as a pcapng file, which Wireshark and tcpdump read: one interface for each link, a comment for each packet.

Four kinds of blocks are all that it takes; the format is in https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workshop.walk.capture import SNAP, Frame

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
ETHERNET = 1
_ORDER = 0x1A2B3C4D
_COMMENT, _HARDWARE, _NAME, _DESCRIPTION, _RESOLUTION, _APPLICATION = 1, 2, 2, 3, 9, 4
_NANOSECONDS = b"\x09"
_INBOUND, _OUTBOUND = 1, 2
_FLAGS = 2
LONGEST = 2_000
"""Bytes of a comment."""


@dataclass(frozen=True)
class Interface:
    """A link as a reader of the file sees it: ``name``, and a ``description`` that says in which namespace it is."""

    name: str
    description: str


def written(
    frames: Iterable[tuple[Frame, str]], interfaces: Mapping[tuple[str, str], Interface], comment: str = ""
) -> bytes:
    """The file. ``frames`` come with their comments; ``interfaces`` are by namespace and link's name."""
    numbers = {key: number for number, key in enumerate(interfaces)}
    section = _options((_COMMENT, comment), (_APPLICATION, "docker network workshop"))
    blocks = [_block(SECTION, struct.pack("=IHHq", _ORDER, 1, 0, -1) + section)]
    for interface in interfaces.values():
        named = _options((_NAME, interface.name), (_DESCRIPTION, interface.description), (_RESOLUTION, _NANOSECONDS))
        blocks.append(_block(INTERFACE, struct.pack("=HHI", ETHERNET, 0, SNAP) + named))
    for frame, told in frames:
        at = int(frame.at * 1e6) * 1000
        head = struct.pack(
            "=IIIII", numbers[frame.space, frame.link], at >> 32, at & 0xFFFFFFFF, len(frame.data), frame.length
        )
        way = struct.pack("=I", _OUTBOUND if frame.direction == "out" else _INBOUND)
        blocks.append(_block(PACKET, head + _padded(frame.data) + _options((_COMMENT, told), (_FLAGS, way))))
    return b"".join(blocks)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("=I", len(body) + 12)
    return struct.pack("=I", kind) + length + body + length


def _options(*options: tuple[int, str | bytes]) -> bytes:
    found = b""
    for code, value in options:
        data = value if isinstance(value, bytes) else _cut(value.encode("utf-8", "replace"))
        if data:
            found += struct.pack("=HH", code, len(data)) + _padded(data)
    return found + struct.pack("=HH", 0, 0)


def _cut(text: bytes) -> bytes:
    return text[:LONGEST].decode("utf-8", "ignore").encode()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
