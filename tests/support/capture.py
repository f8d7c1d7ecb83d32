"""What goes over a cable: frames taken from a link, and what is in a tunnel's packets."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from workshop.kernel.namespaces import Namespace

_EVERY_FRAME = 0x0003
IPV4, ARP, IPV6, RARP = 0x0800, 0x0806, 0x86DD, 0x8035
_UDP, _ICMP, _ICMPV6 = 17, 1, 58


@dataclass(frozen=True)
class Tunnelled:
    """A frame in a VXLAN packet: between which hosts, to which UDP port, with which VNI, and the frame itself."""

    source: str
    target: str
    port: int
    vni: int
    frame: bytes

    @property
    def kind(self) -> int:
        """The frame's EtherType."""
        return struct.unpack_from("!H", self.frame, 12)[0]

    @property
    def sender(self) -> str:
        """The MAC address that sent the frame."""
        return self.frame[6:12].hex(":")

    @property
    def question(self) -> str | None:
        """Of an ARP request, the address that is asked for."""
        asks = self.kind == ARP and struct.unpack_from("!H", self.frame, 20)[0] == 1
        return str(ipaddress.ip_address(self.frame[38:42])) if asks else None

    @property
    def ping(self) -> tuple[str, str] | None:
        """Of an echo request, from which address to which."""
        if self.kind == IPV4 and self.frame[23] == _ICMP and self.frame[14 + 20] == 8:
            return str(ipaddress.ip_address(self.frame[26:30])), str(ipaddress.ip_address(self.frame[30:34]))
        if self.kind == IPV6 and self.frame[20] == _ICMPV6 and self.frame[54] == 128:
            return str(ipaddress.ip_address(self.frame[22:38])), str(ipaddress.ip_address(self.frame[38:54]))
        return None


class Capture:
    """What has come by on a link of a namespace since it began."""

    def __init__(self, namespace: Namespace, link: str) -> None:
        def listen() -> socket.socket:
            listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_FRAME))
            with contextlib.suppress(OSError):
                listening.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
            listening.bind((link, _EVERY_FRAME))
            listening.setblocking(False)
            return listening

        self._socket = namespace.run(listen)
        self._frames: list[bytes] = []

    def frames(self) -> list[bytes]:
        """All frames so far, in both directions."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._frames.append(self._socket.recv(65536))
        return self._frames

    def tunnelled(self) -> list[Tunnelled]:
        """All that was in VXLAN packets so far."""
        return [found for frame in self.frames() if (found := _unpack(frame))]

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@contextlib.contextmanager
def capture(namespace: Namespace, link: str) -> Iterator[Capture]:
    """Listen at a link for the length of a ``with``."""
    listening = Capture(namespace, link)
    try:
        yield listening
    finally:
        listening.close()


def _unpack(frame: bytes) -> Tunnelled | None:
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == IPV4 and frame[23] == _UDP:
        at, ends = 14 + (frame[14] & 0x0F) * 4, (frame[26:30], frame[30:34])
    elif kind == IPV6 and frame[20] == _UDP:
        at, ends = 14 + 40, (frame[22:38], frame[38:54])
    else:
        return None
    _, port, _, _ = struct.unpack_from("!HHHH", frame, at)
    inside = frame[at + 8 :]
    if len(inside) < 8 + 14 or inside[0] != 0x08:  # the only flag that VXLAN has: there is a VNI
        return None
    source, target = (str(ipaddress.ip_address(end)) for end in ends)
    return Tunnelled(source, target, port, int.from_bytes(inside[4:7], "big"), inside[8:])
