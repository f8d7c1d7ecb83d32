"""The first packet of an SCTP association, sent by hand.

So published SCTP ports are tried also where the kernel has no SCTP sockets: forwarding needs none.
"""

from __future__ import annotations

import socket
import struct
import time

from workshop.kernel.namespaces import Namespace

PROTOCOL = 132


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _init(source_port: int, port: int) -> bytes:
    """A packet with one INIT chunk (RFC 9260, 3.3.2)."""
    chunk = struct.pack(">BBHIIHHI", 1, 0, 20, 0x1234ABCD, 65536, 1, 1, 1)
    header = struct.pack(">HHI", source_port, port, 0)
    checksum = struct.pack("<I", _crc32c(header + b"\0\0\0\0" + chunk))
    return header + checksum + chunk


def arrives(
    sender: Namespace,
    address: str,
    port: int,
    receiver: Namespace,
    receiver_address: str,
    *,
    seconds: float = 10,
) -> int | None:
    """Send an INIT to ``address``:``port``; the port under which it reaches the receiver, or ``None``."""

    def open_raw() -> socket.socket:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL)
        raw.settimeout(0.3)
        return raw

    sending, receiving = sender.run(open_raw), receiver.run(open_raw)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sending.sendto(_init(40_123, port), (address, 0))
            try:
                packet = receiving.recv(2048)
            except TimeoutError:
                continue
            header = (packet[0] & 15) * 4
            if socket.inet_ntoa(packet[16:20]) == receiver_address:
                return struct.unpack(">HH", packet[header : header + 4])[1]
        return None
    finally:
        sending.close()
        receiving.close()
