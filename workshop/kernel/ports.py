"""Ports of the host that are published: each is held by a socket, so that nobody else can take it meanwhile."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Hashable, Iterable

from workshop.kernel.namespaces import Namespace

PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}
"""IP protocol numbers that can be published, and their names."""

_KINDS = {6: socket.SOCK_STREAM, 17: socket.SOCK_DGRAM, 132: socket.SOCK_STREAM}
EVERY_ADDRESS = ("", "0.0.0.0", "::")
"""What stands for all of the host's addresses: of both IP versions, of IPv4, of IPv6."""
EPHEMERAL = range(32768, 60999 + 1)
"""Where a free port is looked for when any will do."""


class PortTaken(Exception):
    """No port of those asked for is free; the text says which and why."""


class Ports:
    """The ports of one host that are held, by their owner."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._lock = threading.Lock()
        self._held: dict[Hashable, list[socket.socket]] = {}
        self._numbers: dict[tuple[int, str, int], Hashable] = {}

    def hold(self, owner: Hashable, protocol: int, address: str, candidates: Iterable[int]) -> int:
        """Hold the first free port of ``candidates`` on ``address`` (empty: on all) for ``owner``, and give it.

        Raises PortTaken.
        """
        last, reason = 0, "nothing was asked for"
        with self._lock, self._namespace.entered():
            for port in candidates:
                last = port
                other = self._taken_by(protocol, address, port)
                if other is not None:
                    reason = "it is published already"
                    continue
                try:
                    held = _bind(protocol, address, port)
                except OSError as error:
                    reason = _reason(error, address)
                    if error.errno == errno.EADDRNOTAVAIL:
                        break
                    continue
                self._held.setdefault(owner, []).extend(held)
                self._numbers[protocol, address, port] = owner
                return port
        name = PROTOCOLS.get(protocol, str(protocol))
        raise PortTaken(f"port {last}/{name} of the host cannot be published: {reason}")

    def _taken_by(self, protocol: int, address: str, port: int) -> Hashable | None:
        for (one_protocol, one_address, one_port), owner in self._numbers.items():
            if one_protocol == protocol and one_port == port and _overlap(one_address, address):
                return owner
        return None

    def release(self, owner: Hashable) -> None:
        """Let go of what ``owner`` holds."""
        with self._lock:
            for held in self._held.pop(owner, []):
                held.close()
            self._numbers = {key: other for key, other in self._numbers.items() if other != owner}

    def close(self) -> None:
        """Let go of everything."""
        for owner in list(self._held):
            self.release(owner)


def _overlap(one: str, other: str) -> bool:
    if not one or not other:
        return True
    same_version = (":" in one) == (":" in other)
    return same_version and (one == other or one in EVERY_ADDRESS or other in EVERY_ADDRESS)


def _bind(protocol: int, address: str, port: int) -> list[socket.socket]:
    """Sockets that hold the port; none where the kernel knows no such sockets (SCTP) and so nobody can take it."""
    held: list[socket.socket] = []
    families = {"": ("0.0.0.0", "::")}.get(address, (address,))
    for host in families:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            one = socket.socket(family, _KINDS[protocol], protocol)
        except OSError:
            continue
        try:
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _take(one, host, port)
        except OSError as error:
            one.close()
            if host == "::" and error.errno == errno.EADDRNOTAVAIL:  # IPv6 is off
                continue
            for other in held:
                other.close()
            raise
        held.append(one)
    return held


def _take(one: socket.socket, host: str, port: int) -> None:
    """Bind a socket so that nobody else can use the port, and nothing is accepted on it. Raises OSError.

    As Docker's own proxy does, a port of which only ended connections are left (TIME_WAIT) is taken. That needs
    SO_REUSEADDR, which also lets two sockets share a port until one listens: so it listens for a moment, which fails
    if somebody else has the port, and then gives the permission up, so that nobody else can.
    """
    if one.type != socket.SOCK_STREAM or one.proto != socket.IPPROTO_TCP:
        one.bind((host, port))
        return
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((host, port))
    one.listen(0)
    one.shutdown(socket.SHUT_RDWR)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def _reason(error: OSError, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program has it"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"the host has no address {address}"
    return error.strerror or str(error)
