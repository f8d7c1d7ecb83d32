"""The probe: an echo request or a TCP connection, sent for real from inside of a namespace, and known by its marks."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from workshop.kernel.namespaces import Namespace
from workshop.walk.packet import SYN, Packet

WORD = b"workshop walk "
"""What the payload of an echo begins with; eight bytes follow that are another walk's no more."""

EVERY = 0.4
"""Seconds until another echo request is sent, if the last has not been answered."""

GIVES_UP = 1.6
"""Seconds after which a probe counts as not answered: TCP has asked twice, a neighbour was asked for twice."""

GRACE = 0.05
"""Seconds that are listened on after the answer, for what is still on its way."""

_REFUSED = (errno.ECONNREFUSED, errno.ECONNRESET)


@dataclass
class Outcome:
    """What came of a probe: ``answered``, ``refused`` (a TCP reset), or neither; ``error`` is the kernel's word."""

    answered: bool = False
    refused: bool = False
    error: int = 0

    @property
    def told(self) -> str:
        """The error in the kernel's words."""
        return os.strerror(self.error) if self.error else ""


@dataclass
class Mark:
    """By what a probe is known: an echo's ``number`` and ``payload``, or TCP's ``port``, and its first number."""

    kind: str
    number: int = 0
    payload: bytes = b""
    port: int = 0
    first: set[int] = field(default_factory=set)

    def way(self, packet: Packet) -> str:
        """``there`` for the probe, ``back`` for its answer, ``error`` for an error about it, else empty."""
        if packet.what == "error":
            return "error" if packet.quoted is not None and self.way(packet.quoted) else ""
        if self.kind == "ping":
            mine = packet.what == "echo" and self.payload in packet.payload
            quoted = packet.what == "echo" and not packet.payload and packet.number == self.number
            return {"request": "there", "reply": "back"}.get(packet.kind, "") if mine or quoted else ""
        if packet.what != "tcp":
            return ""
        if packet.source_port == self.port and packet.flags & SYN:
            self.first.add(packet.sequence)
        if packet.sequence in self.first:
            return "there"
        # the port may be another one by now: who masquerades may choose it; the numbers stay
        return "back" if (packet.acknowledged - 1) & 0xFFFFFFFF in self.first else ""


class Ping:
    """Echo requests from ``namespace`` to ``address``."""

    def __init__(self, namespace: Namespace, address: str) -> None:
        self._address, self._version = address, 6 if ":" in address else 4
        family = socket.AF_INET6 if self._version == 6 else socket.AF_INET
        with namespace.entered():
            self._socket = socket.socket(
                family,
                socket.SOCK_RAW | socket.SOCK_CLOEXEC,
                socket.IPPROTO_ICMPV6 if self._version == 6 else socket.IPPROTO_ICMP,
            )
        self.mark = Mark("ping", struct.unpack("!H", os.urandom(2))[0], WORD + os.urandom(8))

    def send(self) -> Outcome:
        """Ask until there is an answer, or it is time to give up."""
        outcome, deadline, number = Outcome(), time.monotonic() + GIVES_UP, 0
        while time.monotonic() < deadline:
            number += 1
            try:
                self._socket.sendto(self._request(number), (self._address, 0))
            except OSError as error:
                outcome.error = error.errno or 0
                if error.errno not in (errno.EHOSTUNREACH, errno.ENOBUFS):
                    return outcome  # it cannot be sent, and will not be
            if self._answered(min(time.monotonic() + EVERY, deadline)):
                return Outcome(answered=True)
        return outcome

    def _answered(self, until: float) -> bool:
        while (left := until - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(2048)
            except TimeoutError:
                return False
            except OSError:
                time.sleep(min(left, 0.01))
                continue
            body = data[(data[0] & 0x0F) * 4 :] if self._version == 4 else data
            if body[:1] == (b"\0" if self._version == 4 else b"\x81") and self.mark.payload in body:
                return True
        return False

    def _request(self, number: int) -> bytes:
        kind = 128 if self._version == 6 else 8
        head = struct.pack("!BBHHH", kind, 0, 0, self.mark.number, number)
        data = head + self.mark.payload
        if self._version == 6:
            return data  # the kernel writes the checksum
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        return data[:2] + struct.pack("!H", ~total & 0xFFFF) + data[4:]

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class Knock:
    """A TCP connection from ``namespace`` to a port of ``address``: opened, and dropped at once."""

    def __init__(self, namespace: Namespace, address: str, port: int) -> None:
        self._where = (address, port)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with namespace.entered():
            self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
        self.mark = Mark("tcp", port=self._socket.getsockname()[1])

    def send(self) -> Outcome:
        """Connect, or see that nobody lets us."""
        self._socket.setblocking(False)
        number = self._socket.connect_ex(self._where)
        if number == errno.EINPROGRESS:
            select.select([], [self._socket], [], GIVES_UP)
            number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number == 0:
                with contextlib.suppress(OSError):
                    self._socket.getpeername()
                    return Outcome(answered=True)
                return Outcome()
        if number == 0:
            return Outcome(answered=True)
        return Outcome(refused=number in _REFUSED, error=number)

    def close(self) -> None:
        """Drop the connection: who was connected to is told so at once, and nothing of it lingers."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
