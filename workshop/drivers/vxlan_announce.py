"""Telling the other hosts where a container is: one frame that carries its MAC address as the sender's.

A tunnel learns from what comes out of it. Without this, a container that starts elsewhere with an address that was in
use before, and does not speak first, would be sent for at the old place until that entry is too old.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct

from workshop.drivers.host import Host

_EVERYBODY = b"\xff" * 6
_ARP, _RARP = 0x0806, 0x8035


def announce(host: Host, tunnel: str, mac: str, address: str) -> None:
    """Send it through the tunnel. ``address`` is the container's, with or without a mask, or empty.

    Nothing depends on it, so that nothing is said where it cannot be sent.
    """
    with (
        contextlib.suppress(OSError),
        host.namespace.entered(),
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out,
    ):
        out.bind((tunnel, 0))
        out.send(frame(mac, address))


def frame(mac: str, address: str) -> bytes:
    """A gratuitous ARP request for IPv4, which also corrects what containers know; else RARP, without an address."""
    sender = bytes.fromhex(mac.replace(":", ""))
    ip = ipaddress.ip_interface(address).ip if address else None
    if ip is not None and ip.version == 4:
        kind, operation, place, target = _ARP, 1, ip.packed, bytes(6)
    else:
        kind, operation, place, target = _RARP, 3, bytes(4), sender
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + sender + place + target + place
    return (_EVERYBODY + sender + struct.pack("!H", kind) + body).ljust(60, b"\0")
