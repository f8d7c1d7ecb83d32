"""Sockets to the kernel: one that hears all announcements around a host, one that asks.

The listening socket is in the host's own namespace and hears, with ``NETLINK_LISTEN_ALL_NSID``, what is
announced in every namespace that the host has a number (nsid) for: every one that holds the other end of one
of its veth pairs. So no socket is open in a container's namespace, which would keep the namespace and its
links alive after the container's end: observing must not change what is observed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from workshop.kernel.namespaces import Namespace
from workshop.topology import wire
from workshop.topology.wire import Message

SOL_NETLINK = 270
ADD_MEMBERSHIP, LISTEN_ALL_NSID, STRICT_CHECK = 1, 8, 12
BUFFER = 16 << 20  # what the kernel may hold for us, in bytes; without root it grants less
LARGEST = 1 << 18
DUMPS = (
    (wire.GETLINK, bytes(16)),
    (wire.GETADDR, bytes(8)),
    (wire.GETROUTE, bytes(12)),
    (wire.GETNEIGH, bytes(12)),
    (wire.GETNEIGH, bytes([wire.FORWARDING, *bytes(11)])),
)
"""What is asked for, and what the question says."""

Datagram = tuple[float, int | None, bytes]
"""When it was received, the nsid of the namespace it is about (``None``: the host's own), the messages."""


def _open(namespace: Namespace) -> socket.socket:
    """A socket in ``namespace``. Nobody needs a right to open one in the namespace they are in."""
    here = Path("/proc/thread-self/ns/net").stat()
    with contextlib.nullcontext() if (here.st_dev, here.st_ino) == namespace.key else namespace.entered():
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)


class Listener:
    """Hears what the kernel announces in ``namespace`` and in those it has an nsid for.

    ``sees_all`` is false where the process lacks CAP_NET_BROADCAST; then it hears the namespace's own only.
    """

    def __init__(self, namespace: Namespace) -> None:
        self.socket = _open(namespace)
        for option in (33, socket.SO_RCVBUF):  # 33: SO_RCVBUFFORCE, beyond the limit, for root only
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.SOL_SOCKET, option, BUFFER)
                break
        self.sees_all = True
        try:
            self.socket.setsockopt(SOL_NETLINK, LISTEN_ALL_NSID, 1)
        except OSError:
            self.sees_all = False
        self.socket.bind((0, 0))
        for group in wire.GROUPS.values():
            self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)
        self.socket.setblocking(False)

    def receive(self) -> Iterator[Datagram]:
        """All that has been announced by now. Raises OSError with ENOBUFS if some of it was lost."""
        while True:
            try:
                data, extra, _, _ = self.socket.recvmsg(LARGEST, 64)
            except (BlockingIOError, InterruptedError):
                return
            nsid = None
            for level, kind, value in extra:
                if level == SOL_NETLINK and kind == LISTEN_ALL_NSID:
                    nsid = struct.unpack("=i", value[:4])[0]
            yield time.time(), nsid, data

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()


class Asker:
    """Asks the kernel about one namespace. Blocks for as long as the kernel takes: well under 1 ms."""

    def __init__(self, namespace: Namespace) -> None:
        self._socket = _open(namespace)
        self._socket.settimeout(5)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(SOL_NETLINK, STRICT_CHECK, 1)
        self._sequence = 0

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the socket, and with it of the namespace."""
        self._socket.close()

    def dump(self) -> list[Message]:
        """All links, addresses, routes, neighbours and entries of tunnels' forwarding tables there are."""
        found: list[Message] = []
        for kind, body in DUMPS:
            for _ in range(5):  # the kernel says if things changed while it told them
                part, whole = self._dump(kind, body)
                if whole:
                    break
            found += part
        return found

    def links(self) -> list[Message]:
        """All links there are."""
        return self._dump(*DUMPS[0])[0]

    def _dump(self, kind: int, body: bytes) -> tuple[list[Message], bool]:
        found: list[Message] = []
        whole = True
        for got, flags, part in self._ask(kind, wire.REQUEST | wire.DUMP, body):
            whole = whole and not flags & wire.DUMP_INTERRUPTED
            found += wire.read(got, 0, part)
        return found, whole

    def nsid_of(self, descriptor: int) -> int | None:
        """The number that the namespace has for another one, or ``None`` if it has none."""
        body = bytes(4) + wire.attribute(3, descriptor)
        with contextlib.suppress(OSError):
            for _, _, answer in self._ask(wire.GETNSID, wire.REQUEST, body):
                value = struct.unpack("=i", wire.attributes(answer, 4)[1])[0]
                return value if value >= 0 else None
        return None

    def give_nsid(self, descriptor: int) -> int | None:
        """The number that the namespace has for another one; it is given one if it has none."""
        known = self.nsid_of(descriptor)
        if known is not None:
            return known
        body = bytes(4) + wire.attribute(1, -1) + wire.attribute(3, descriptor)
        with contextlib.suppress(OSError):
            for _ in self._ask(wire.NEWNSID, wire.REQUEST | wire.ACK, body):
                pass
        return self.nsid_of(descriptor)

    def _ask(self, kind: int, flags: int, body: bytes) -> Iterator[tuple[int, int, memoryview]]:
        self._sequence += 1
        self._socket.send(wire.request(kind, flags, self._sequence, body))
        several = flags & (wire.DUMP | wire.ACK)
        while True:
            data = self._socket.recv(LARGEST)
            for got, answer_flags, sequence, part in wire.messages(data):
                if sequence != self._sequence:
                    continue
                if got == wire.ERROR:
                    number = -struct.unpack_from("=i", part)[0]
                    if number:
                        raise OSError(number, os.strerror(number))
                    return
                if got == wire.DONE:
                    return
                yield got, answer_flags, part
                if not several:
                    return


def is_loss(error: OSError) -> bool:
    """Whether the kernel could not keep all announcements for us."""
    return error.errno == errno.ENOBUFS
