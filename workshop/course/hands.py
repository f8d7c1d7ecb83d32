"""Changing links of one namespace by few and quick messages to the kernel, for what is done often in a judgement."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct

from workshop.kernel.namespaces import Namespace
from workshop.topology import wire

_SETLINK, _DELLINK, _NEWADDR, _DELADDR = 16, 17, 20, 21
_NAME, _MASTER, _ALIAS = 3, 10, 20
_UP = 1
_NODAD = 0x02


class Hands:
    """Works in one namespace. It holds a socket there until ``close``. For one thread at a time.

    Every method raises OSError if the kernel refuses.
    """

    def __init__(self, namespace: Namespace) -> None:
        with namespace.entered():
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._sequence = 0

    def close(self) -> None:
        """Let go of the namespace."""
        self._socket.close()

    def unplug(self, index: int, alias: str) -> None:
        """Set a link down, take it off its bridge, and mark it."""
        marks = _attribute(_MASTER, struct.pack("=i", 0)) + _attribute(_ALIAS, alias.encode())
        self._ask(_SETLINK, struct.pack("=BxHiII", 0, 0, index, 0, _UP) + marks)

    def rename(self, index: int, name: str) -> None:
        """Rename a link, which has to be down."""
        body = struct.pack("=BxHiII", 0, 0, index, 0, 0) + _attribute(_NAME, name.encode() + b"\0")
        self._ask(_SETLINK, body)

    def forget_neighbour(self, index: int, address: str) -> None:
        """Remove the entry for an address from a link's table of neighbours."""
        packed = ipaddress.ip_address(address).packed
        family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
        self._ask(wire.DELNEIGH, struct.pack("=BxxxiHBB", family, index, 0, 0, 0) + _attribute(1, packed))

    def remove(self, index: int) -> None:
        """Remove a link."""
        self._ask(_DELLINK, struct.pack("=BxHiII", 0, 0, index, 0, 0))

    def add_address(self, index: int, address: str) -> None:
        """Give a link an address, to be used at once. Without a mask, it is this one address and no subnet."""
        self._ask(_NEWADDR, _address(index, address))

    def remove_address(self, index: int, address: str) -> None:
        """Take an address from a link, with the mask that it has there."""
        self._ask(_DELADDR, _address(index, address))

    def _ask(self, kind: int, body: bytes) -> None:
        self._sequence += 1
        self._socket.send(wire.request(kind, wire.REQUEST | wire.ACK, self._sequence, body))
        for _, _, _, answer in wire.messages(self._socket.recv(1 << 16)):
            number = -struct.unpack_from("=i", answer)[0]
            if number:
                raise OSError(number, os.strerror(number))


def _address(index: int, address: str) -> bytes:
    found = ipaddress.ip_interface(address)
    family = socket.AF_INET if found.version == 4 else socket.AF_INET6
    body = struct.pack("=BBBBI", family, found.network.prefixlen, _NODAD, 0, index)
    return body + _attribute(2, found.ip.packed) + _attribute(1, found.ip.packed)


def _attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)
