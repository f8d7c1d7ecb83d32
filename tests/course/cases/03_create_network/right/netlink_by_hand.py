"""Netlink messages, put together byte by byte, on a socket of one's own."""

import ipaddress
import socket
import struct

NEWLINK, DELLINK, NEWADDR = 16, 17, 20
REQUEST_ACK, CREATE, EXCLUSIVE, REPLACE = 5, 0x400, 0x200, 0x100
UP = 1


def create_network(request, host):
    name = "br" + request["NetworkID"][:13]
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        made = name not in {each for _, each in socket.if_nameindex()}
        if made:
            kind = attribute(18, attribute(1, b"bridge\0"))
            ask(kernel, NEWLINK, CREATE | EXCLUSIVE, link() + attribute(3, name.encode() + b"\0") + mac(request) + kind)
        index = socket.if_nametoindex(name)
        try:
            for pool in (request["IPv4Data"] or []) + (request["IPv6Data"] or []):
                if pool.get("Gateway"):
                    ask(kernel, NEWADDR, CREATE | REPLACE, address(index, ipaddress.ip_interface(pool["Gateway"])))
            ask(kernel, NEWLINK, 0, link(index, UP))
        except Exception:
            if made:
                ask(kernel, DELLINK, 0, link(index))
            raise
    return {}


def link(index=0, flags=0):
    return struct.pack("=BxHiII", 0, 0, index, flags, flags)


def mac(request):
    return attribute(1, b"\x02" + bytes.fromhex(request["NetworkID"][:10]))


def address(index, gateway):
    family = socket.AF_INET if gateway.version == 4 else socket.AF_INET6
    head = struct.pack("=BBBBI", family, gateway.network.prefixlen, 0x02 if gateway.version == 6 else 0, 0, index)
    return head + attribute(2, gateway.ip.packed) + attribute(1, gateway.ip.packed)


def attribute(kind, value):
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)


def ask(kernel, kind, flags, body):
    kernel.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST_ACK | flags, 1, 0) + body)
    number = -struct.unpack_from("=i", kernel.recv(65536), 16)[0]
    if number:
        raise OSError(number, "the kernel refused")
