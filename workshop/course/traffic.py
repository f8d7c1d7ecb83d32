"""Traffic of the judge's own, from inside of a namespace and without a program there: pings, connections, frames."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import struct
import time

from pyroute2 import IPRoute

from workshop.kernel.namespaces import Namespace

_numbers = itertools.count(os.getpid())
_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
_IP_MTU_DISCOVER, _WHOLE = 10, 2

USUAL = 24
"""Bytes that an echo request carries."""

HEADERS = 28
"""Bytes that IPv4 and the echo request itself put before them."""

_SOL_PACKET, _PAST_THE_QUEUE = 263, 20
NOBODY, EVERYBODY = bytes.fromhex("02000000fffe"), bytes.fromhex("ffffffffffff")
"""To whom a frame may go: a link that is nowhere, and all there are."""

CONTROLLED = 2.0
"""Seconds in which somebody who is known to answer has to, so that the silence of another one means something."""

_PAUSE = 0.05  # seconds between two attempts to get a connection
_SENDER = bytes.fromhex("02000000fffd")
_EXPERIMENT = 0x88B5
"""The type of frames that is free for experiments (IEEE 802)."""


def ping(
    namespace: Namespace,
    address: str,
    seconds: float = 1.0,
    every: float = 0.05,
    size: int | None = None,
    whole: bool = False,
) -> bool:
    """Whether an echo request from a namespace is answered in time; one is sent again and again until then.

    ``size`` is how many bytes it carries, an even number. ``whole``: nobody may cut it up on its way (IPv4).
    """
    version = 6 if ":" in address else 4
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6) if version == 6 else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    mark = next(_numbers) & 0xFFFF
    deadline = time.monotonic() + seconds
    with namespace.entered():
        end = socket.socket(family, socket.SOCK_RAW, protocol)
    with end:
        if whole:
            end.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _WHOLE)
        for number in itertools.count():
            with contextlib.suppress(OSError):  # no route, or the neighbour does not answer: it may yet
                end.sendto(_echo(version, mark, number & 0xFFFF, size or USUAL), (address, 0))
            again = min(time.monotonic() + every, deadline)
            while (left := again - time.monotonic()) > 0:
                end.settimeout(left)
                try:
                    data = end.recv(2048)
                except TimeoutError:
                    break
                except OSError:
                    time.sleep(min(left, 0.005))
                    continue
                if _is_reply(version, data, mark):
                    return True
            if time.monotonic() >= deadline:
                return False
    return False


def _echo(version: int, mark: int, number: int, size: int) -> bytes:
    head = struct.pack("!BBHHH", _REQUEST[version], 0, 0, mark, number)
    payload = b"docker-network-workshop ".ljust(size, b".")[:size]
    if version == 6:
        return head + payload  # the kernel writes the checksum
    words = struct.unpack(f"!{len(head + payload) // 2}H", head + payload)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!BBHHH", _REQUEST[version], 0, ~total & 0xFFFF, mark, number) + payload


def _is_reply(version: int, data: bytes, mark: int) -> bool:
    if version == 4:
        data = data[(data[0] & 0xF) * 4 :]
    return len(data) >= 8 and data[0] == _REPLY[version] and struct.unpack("!H", data[4:6])[0] == mark


def connects(namespace: Namespace, address: str, port: int, seconds: float = 1.0, once: bool = False) -> bool:
    """Whether a TCP connection from a namespace is accepted in time.

    One that is refused is tried again until then, unless it is to be tried ``once``.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    deadline = time.monotonic() + seconds
    while True:
        with namespace.entered():
            end = socket.socket(family, socket.SOCK_STREAM)
        with end, contextlib.suppress(OSError):
            end.settimeout(max(0.01, deadline - time.monotonic()))
            end.connect((address, port))
            return True
        if once or time.monotonic() >= deadline:
            return False
        time.sleep(min(_PAUSE, max(0.0, deadline - time.monotonic())))


def knocks(outside: Namespace, address: str, port: int, via: str, seconds: float) -> bool:
    """Whether a TCP connection from ``outside`` is accepted there, for somebody who has a route to it by ``via``.

    That nobody answers within ``seconds`` means something only where ``via`` itself answers a ping in that time; else
    both are tried again, for ``CONTROLLED`` seconds at most.
    """

    def route(verb: str) -> None:
        with IPRoute() as ip:
            ip.route(verb, dst=f"{address}/{128 if ':' in address else 32}", gateway=via)

    outside.run(lambda: route("add"))
    deadline = time.monotonic() + CONTROLLED
    try:
        while not connects(outside, address, port, seconds):
            if ping(outside, via, seconds) or time.monotonic() >= deadline:
                return False
        return True
    finally:
        outside.run(lambda: route("del"))


def listen(namespace: Namespace, port: int) -> socket.socket:
    """A socket that answers TCP connections to a port of a namespace, for IPv4 and IPv6; the caller closes it."""
    with namespace.entered():
        end = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        end.bind(("::", port))
        end.listen(64)  # the kernel accepts; nobody needs to
    return end


class Wire:
    """Sends frames out of the links of a namespace. It holds a socket there until ``close``, which takes its time."""

    def __init__(self, namespace: Namespace) -> None:
        with namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # 0: it is to receive nothing
        # a link whose other side has just come up swallows what is in its queue until the kernel finds time for it
        self._socket.setsockopt(_SOL_PACKET, _PAST_THE_QUEUE, 1)

    def send(self, link: str, data: bytes, number: int = 1) -> bool:
        """Send a frame, so many times; say whether it went: a link that is down, or leads nowhere, takes none."""
        try:
            for _ in range(number):
                self._socket.sendto(data, (link, _EXPERIMENT))
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of the namespace."""
        self._socket.close()


def frame(payload: bytes, to: bytes = NOBODY) -> bytes:
    """An Ethernet frame from a link that is nowhere, of a type that no program looks at."""
    return (to + _SENDER + struct.pack("!H", _EXPERIMENT) + payload).ljust(60, b"\0")
