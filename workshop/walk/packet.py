"""Reading a frame: what of it says who sends what to whom. Only what a walk's probe and its helpers consist of."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, replace

IPV4, IPV6, ARP, VLAN = 0x0800, 0x86DD, 0x0806, (0x8100, 0x88A8)
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
SYN, RST, ACK = 0x02, 0x04, 0x10
VXLAN_PORT = 4789

ECHO = {(ICMP, 8): "request", (ICMP, 0): "reply", (ICMP6, 128): "request", (ICMP6, 129): "reply"}
UNREACHABLE = {
    (ICMP, 3): {
        0: "net unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable",
        4: "fragmentation needed", 9: "net prohibited", 10: "host prohibited", 13: "administratively prohibited",
    },
    (ICMP, 11): {0: "time to live exceeded"},
    (ICMP6, 1): {0: "no route", 1: "administratively prohibited", 3: "address unreachable", 4: "port unreachable"},
    (ICMP6, 2): {0: "packet too big"},
    (ICMP6, 3): {0: "hop limit exceeded"},
}  # fmt: skip
"""Errors that quote the packet that they are about."""


@dataclass(frozen=True)
class Tunnel:
    """What is around a packet in a VXLAN: the hosts that it is between, and the network's number."""

    source: str
    target: str
    port: int
    vni: int
    target_mac: str = ""


@dataclass(frozen=True)
class Packet:
    """What a frame says. ``what`` is ``echo``, ``tcp``, ``arp``, ``error`` or ``other``.

    Of an echo ``kind`` is ``request`` or ``reply``, ``number`` its ID, ``sequence`` which one it is. Of ARP, and of
    IPv6's neighbour discovery, it is ``request`` or ``reply`` of ``source`` about ``target``. Of an error ``kind``
    says which, and ``quoted`` is the packet that it is about. ``tunnel`` is what is around it.
    """

    what: str = "other"
    kind: str = ""
    source: str = ""
    target: str = ""
    source_mac: str = ""
    target_mac: str = ""
    source_port: int = 0
    target_port: int = 0
    number: int = 0
    sequence: int = 0
    acknowledged: int = 0
    flags: int = 0
    payload: bytes = b""
    quoted: Packet | None = None
    tunnel: Tunnel | None = None

    @property
    def next_mac(self) -> str:
        """To whom the frame is sent, which a bridge looks at: of what is in a tunnel, that of the outer frame."""
        return self.tunnel.target_mac if self.tunnel else self.target_mac

    @property
    def ends(self) -> str:
        """Addresses, of TCP with ports: ``10.9.0.2 → 10.9.0.3:80``."""
        if not self.source_port and not self.target_port:
            return f"{self.source} → {self.target}"
        return f"{_with_port(self.source, self.source_port)} → {_with_port(self.target, self.target_port)}"

    def told(self) -> str:
        """In a few words: ``10.9.0.2 → 10.9.0.3 echo request``."""
        words = {
            "echo": f"echo {self.kind}",
            "tcp": " ".join(name for bit, name in ((SYN, "SYN"), (RST, "RST"), (ACK, "ACK")) if self.flags & bit),
            "error": self.kind,
            "arp": f"ARP {self.kind}",
        }
        inside = f"{self.ends} {words.get(self.what, '')}".strip()
        if self.tunnel is None:
            return inside
        return f"{self.tunnel.source} → {self.tunnel.target} VXLAN {self.tunnel.vni} [{inside}]"


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def read(frame: bytes, tunnel_ports: frozenset[int] = frozenset({VXLAN_PORT})) -> Packet:
    """What an Ethernet frame says. What cannot be read is ``other``: never raises.

    UDP to one of ``tunnel_ports`` is taken for VXLAN.
    """
    try:
        return _frame(frame, tunnel_ports)
    except (struct.error, IndexError, ValueError):
        return Packet()


def _frame(frame: bytes, tunnel_ports: frozenset[int]) -> Packet:
    target, source, kind = frame[:6].hex(":"), frame[6:12].hex(":"), struct.unpack_from("!H", frame, 12)[0]
    at = 14
    while kind in VLAN:
        kind = struct.unpack_from("!H", frame, at + 2)[0]
        at += 4
    if kind == ARP:
        return _arp(frame[at:], source, target)
    if kind in (IPV4, IPV6):
        found = _ip(frame[at:], tunnel_ports)
        if found.tunnel:
            return replace(found, tunnel=replace(found.tunnel, target_mac=target))
        return replace(found, source_mac=source, target_mac=target)
    return Packet(source_mac=source, target_mac=target)


def _arp(data: bytes, source: str, target: str) -> Packet:
    operation = struct.unpack_from("!H", data, 6)[0]
    asker, asked = _address(data[14:18]), _address(data[24:28])
    kind = {1: "request", 2: "reply"}.get(operation, "other")
    return Packet("arp", kind, asker, asked, source, target)


def _ip(data: bytes, tunnel_ports: frozenset[int]) -> Packet:
    version = data[0] >> 4
    if version == 4:
        head, protocol = (data[0] & 0x0F) * 4, data[9]
        source, target = _address(data[12:16]), _address(data[16:20])
        if struct.unpack_from("!H", data, 6)[0] & 0x1FFF:
            return Packet(source=source, target=target)  # a later fragment: no header of what it carries
    else:
        head, protocol = 40, data[6]
        source, target = _address(data[8:24]), _address(data[24:40])
    body = data[head:]
    if protocol in (ICMP, ICMP6):
        return _icmp(protocol, body, source, target)
    if protocol == TCP:
        source_port, target_port, sequence, acknowledged = struct.unpack_from("!HHII", body)
        flags = body[13] if len(body) > 13 else 0
        return Packet(
            "tcp", source=source, target=target, source_port=source_port, target_port=target_port,
            sequence=sequence, acknowledged=acknowledged, flags=flags,
        )  # fmt: skip
    if protocol == UDP:
        source_port, target_port = struct.unpack_from("!HH", body)
        if target_port in tunnel_ports and len(body) >= 30 and body[8] & 0x08:
            vni = int.from_bytes(body[12:15], "big")
            inner = _frame(body[16:], tunnel_ports)
            return replace(inner, tunnel=Tunnel(source, target, target_port, vni))
        return Packet(source=source, target=target, source_port=source_port, target_port=target_port)
    return Packet(source=source, target=target)


def _icmp(protocol: int, body: bytes, source: str, target: str) -> Packet:
    kind, code = body[0], body[1]
    if (protocol, kind) in ECHO:
        number, sequence = struct.unpack_from("!HH", body, 4)
        word = ECHO[protocol, kind]
        return Packet("echo", word, source, target, number=number, sequence=sequence, payload=bytes(body[8:]))
    if (protocol, kind) in UNREACHABLE:
        word = UNREACHABLE[protocol, kind].get(code, "unreachable")
        try:
            quoted: Packet | None = _ip(body[8:], frozenset())
        except (struct.error, IndexError):
            quoted = _quoted_tcp(body[8:])
        return Packet("error", word, source, target, quoted=quoted)
    if protocol == ICMP6 and kind in (135, 136):
        word = "request" if kind == 135 else "reply"
        about = _address(body[8:24])
        # told as ARP is: who asks about whom, or who says so
        return Packet("arp", word, *((source, about) if kind == 135 else (about, target)))
    return Packet(source=source, target=target)


def _quoted_tcp(data: bytes) -> Packet | None:
    """The packet that an error quotes, of whose TCP header only the first eight bytes are there."""
    head = (data[0] & 0x0F) * 4 if data[0] >> 4 == 4 else 40
    if len(data) < head + 8:
        return None
    source, target = (data[12:16], data[16:20]) if data[0] >> 4 == 4 else (data[8:24], data[24:40])
    source_port, target_port, sequence = struct.unpack_from("!HHI", data, head)
    return Packet(
        "tcp", source=_address(source), target=_address(target),
        source_port=source_port, target_port=target_port, sequence=sequence,
    )  # fmt: skip


def _address(data: bytes) -> str:
    return str(ipaddress.ip_address(bytes(data)))
