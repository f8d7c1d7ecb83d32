"""``ping [-4|-6] [-c COUNT] [-i SECONDS] [-W SECONDS] [-q] HOST``: echo requests, as busybox and iputils
print them.
"""

import argparse
import os
import select
import socket
import struct
import sys
import time


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Pinger:
    """Sends echo requests to one address; ``seen`` holds each answer's time in ms."""

    def __init__(self, family, address, size):
        self.family, self.address, self.size = family, address, size
        self.six = family == socket.AF_INET6
        protocol = socket.IPPROTO_ICMPV6 if self.six else socket.IPPROTO_ICMP
        self.raw = True
        try:
            self.end = socket.socket(family, socket.SOCK_RAW, protocol)
        except PermissionError:
            self.end, self.raw = socket.socket(family, socket.SOCK_DGRAM, protocol), False
        self.number = os.getpid() & 0xFFFF
        self.sent, self.seen = 0, []

    def send(self):
        kind = 128 if self.six else 8
        payload = struct.pack("!d", time.monotonic()).ljust(self.size, b"w")
        head = struct.pack("!BBHHH", kind, 0, 0, self.number, self.sent)
        check = 0 if self.six else checksum(head + payload)  # the kernel does it for IPv6
        head = struct.pack("!BBHHH", kind, 0, check, self.number, self.sent)
        self.sent += 1
        self.end.sendto(head + payload, self.address)

    def receive(self, until):
        """Wait for the answer to the last request; a line about it, or None."""
        while (left := until - time.monotonic()) > 0 and select.select([self.end], [], [], left)[0]:
            data, sender = self.end.recvfrom(65536)
            ttl = ""
            if self.raw and not self.six:
                ttl, data = f" ttl={data[8]}", data[(data[0] & 15) * 4 :]
            if len(data) < 16:
                continue
            kind, _, _, number, sequence = struct.unpack_from("!BBHHH", data)
            if kind != (129 if self.six else 0) or (self.raw and number != self.number) or sequence != self.sent - 1:
                continue
            took = (time.monotonic() - struct.unpack_from("!d", data, 8)[0]) * 1000
            self.seen.append(took)
            return f"{len(data)} bytes from {sender[0]}: icmp_seq={sequence + 1}{ttl} time={took:.3f} ms"
        return None


def parse(arguments):
    parser = argparse.ArgumentParser(prog="ping")
    parser.add_argument("-4", dest="family", action="store_const", const=socket.AF_INET, default=0)
    parser.add_argument("-6", dest="family", action="store_const", const=socket.AF_INET6)
    parser.add_argument("-c", type=int, default=0, metavar="COUNT")
    parser.add_argument("-i", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("-W", type=float, default=2.0, metavar="SECONDS")
    parser.add_argument("-w", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("-s", type=int, default=56, metavar="BYTES")
    parser.add_argument("-I", default="", metavar="LINK")
    parser.add_argument("-q", action="store_true")
    parser.add_argument("-n", action="store_true")
    parser.add_argument("host")
    return parser.parse_args(arguments)


def main(arguments):
    o = parse(arguments)
    try:
        found = socket.getaddrinfo(o.host, None, o.family, socket.SOCK_DGRAM)
    except OSError:
        print(f"ping: {o.host}: Name or service not known", file=sys.stderr)
        return 2
    family, _, _, _, address = found[0]
    pinger = Pinger(family, address, max(8, o.s))
    if o.I:
        pinger.end.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, o.I.encode())
    print(f"PING {o.host} ({address[0]}): {o.s} data bytes", flush=True)
    end = time.monotonic() + o.w if o.w else float("inf")
    try:
        while (not o.c or pinger.sent < o.c) and time.monotonic() < end:
            start = time.monotonic()
            try:
                pinger.send()
                line = pinger.receive(min(end, start + max(o.i, o.W)))
            except OSError as error:
                print(f"ping: {error.strerror}", file=sys.stderr)
                line = None
            if line and not o.q:
                print(line, flush=True)
            if not o.c or pinger.sent < o.c:
                time.sleep(max(0.0, start + o.i - time.monotonic()))
    except KeyboardInterrupt:
        pass
    lost = 100 * (pinger.sent - len(pinger.seen)) // max(1, pinger.sent)
    print(f"\n--- {o.host} ping statistics ---")
    print(f"{pinger.sent} packets transmitted, {len(pinger.seen)} packets received, {lost}% packet loss")
    if pinger.seen:
        low, mean, high = min(pinger.seen), sum(pinger.seen) / len(pinger.seen), max(pinger.seen)
        print(f"round-trip min/avg/max = {low:.3f}/{mean:.3f}/{high:.3f} ms")
    return 0 if pinger.seen else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
