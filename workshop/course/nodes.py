"""The other nodes of a cluster, played by the world outside: each has an address, and hears what tunnels send to it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import time
from collections import Counter
from collections.abc import Iterable

from workshop.course import traffic
from workshop.course.eyes import Eyes
from workshop.course.hands import Hands
from workshop.errors import CannotHere
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import WORLD4

PORT = 4789
"""Where tunnels of the kind VXLAN expect what other nodes send (RFC 7348)."""

_HEADER = 8
_PATIENCE, _GRACE, _LONG_GRACE = 2.0, 0.03, 0.3


class Nodes:
    """Nodes with these ``addresses`` in the namespace ``outside`` of a ``host``, until ``close``.

    :raises CannotHere: if the world outside cannot have them.
    """

    def __init__(self, outside: Namespace, host: Namespace, wire: traffic.Wire, addresses: Iterable[str]) -> None:
        self.addresses, self._wire = tuple(addresses), wire
        self._open = contextlib.ExitStack()
        try:
            self._ears = self._open.enter_context(_both_versions(outside))
            self._direct = self._open.enter_context(_both_versions(host))
            self._ears.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            self._ears.bind(("::", PORT))
            self._move_in(outside)
        except OSError as error:
            self.close()
            raise CannotHere(
                f"No other nodes can be played on this machine ({error}).",
                f"Is UDP port {PORT} in use, or IPv6 off?",
            ) from None

    def _move_in(self, outside: Namespace) -> None:
        with Eyes(outside) as eyes:
            index = next(row["index"] for row in eyes.addresses() if row["address"].startswith(f"{WORLD4}/"))
        hands = self._open.enter_context(contextlib.closing(Hands(outside)))
        for address in self.addresses:
            hands.add_address(index, address)
            self._open.callback(_unless_gone, hands, index, address)

    def heard(self, link: str, wanted: Iterable[str] = ()) -> Counter[str]:
        """Send one frame for everybody into a link of the host: how many copies of it each node got, by its address.

        After the frame, each node is sent a packet directly, and nothing on the way overtakes: a node that has got the
        second and not the first will not get it. Only for those that are ``wanted``, more is waited: on a busy
        machine, a tunnel's packet takes its time.
        """
        mark, found, waiting = os.urandom(8), Counter[str](), set(self.addresses)
        self._send(link, mark)
        deadline, wanted = time.monotonic() + _PATIENCE, set(wanted)
        while (waiting or not wanted <= found.keys()) and (left := deadline - time.monotonic()) > 0:
            self._ears.settimeout(left)
            try:
                data, more, _, _ = self._ears.recvmsg(2048, 256)
            except TimeoutError:
                break
            node = _destination(more)
            if data == mark:
                waiting.discard(node)
                grace = _GRACE if wanted <= found.keys() else _LONG_GRACE
                deadline = deadline if waiting else time.monotonic() + grace
            elif mark in data[_HEADER:]:
                found[node] += 1
        return found

    def _send(self, link: str, mark: bytes) -> None:
        self._wire.send(link, traffic.frame(mark, traffic.EVERYBODY))
        for address in self.addresses:
            with contextlib.suppress(OSError):
                self._direct.sendto(mark, (_on_a_socket(address), PORT))

    def close(self) -> None:
        """The nodes are gone."""
        self._open.close()


def _unless_gone(hands: Hands, index: int, address: str) -> None:
    with contextlib.suppress(OSError):
        hands.remove_address(index, address)


def _both_versions(namespace: Namespace) -> socket.socket:
    """A UDP socket for IPv6, and for IPv4 as IPv6 writes it."""
    with namespace.entered():
        end = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    end.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    return end


def _on_a_socket(address: str) -> str:
    return address if ":" in address else f"::ffff:{address}"


def _destination(told: list[tuple[int, int, bytes]]) -> str:
    """To which address a packet was sent."""
    for level, kind, data in told:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            address = ipaddress.IPv6Address(data[:16])
            return str(address.ipv4_mapped or address)
    return ""
