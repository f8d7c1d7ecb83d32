"""Seeing packets: one AF_PACKET socket in each namespace, which sees what passes every link of it, in and out."""

from __future__ import annotations

import contextlib
import ctypes
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from workshop.kernel.namespaces import Namespace

ALL = 3
SNAP = 256
"""Bytes of each packet that are kept: all headers, a tunnel's too, and what a probe carries."""

MOST = 4_000
"""Frames that are kept; further ones are counted."""

SETTLE = 0.03
"""Seconds that the kernel takes until it writes a time on each packet, after the first socket has asked for it."""

_ATTACH_FILTER, _TIMESTAMPNS, _OUTGOING = 26, 35, 4
_BUFFER = 4 << 20


@dataclass(frozen=True)
class Frame:
    """A frame as a socket saw it: where (namespace and link's name), going ``in`` or ``out``, when, and its bytes."""

    space: str
    link: str
    direction: str
    at: float
    data: bytes
    length: int


class Capture:
    """Captures in several namespaces from ``start`` to ``stop``, in one thread.

    ``spaces`` are namespaces by ID; ``tunnel_ports`` the UDP ports of VXLAN. What is no part of a walk (all but ARP,
    neighbour discovery, ICMP, the beginning and the end of TCP connections, and tunnels) is left out by the kernel.
    """

    def __init__(self, spaces: dict[str, Namespace], tunnel_ports: Iterable[int]) -> None:
        self._sockets: dict[str, socket.socket] = {}
        self._frames: list[tuple[float, int, Frame]] = []
        self._poll = selectors.DefaultSelector()
        self._ended = threading.Event()
        self.dropped = 0
        """How many frames came beyond ``MOST``."""
        self._since = float("inf")  # what is under way before is not seen from its beginning

        program = kernel_filter(sorted(set(tunnel_ports)))
        try:
            for identity, namespace in spaces.items():
                one = self._sockets[identity] = _open(namespace, program)
                self._poll.register(one, selectors.EVENT_READ, identity)
        except BaseException:
            self._close()
            raise
        self._thread = threading.Thread(target=self._run, name="walk-capture", daemon=True)

    def __enter__(self) -> Capture:
        self._thread.start()
        time.sleep(SETTLE)
        self._since = time.time()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> list[Frame]:
        """See no more. Gives what was seen, in the order of time."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._close()
        return [frame for _, _, frame in sorted(self._frames, key=lambda each: each[:2])]

    def _close(self) -> None:
        self._poll.close()
        for one in self._sockets.values():
            one.close()
        self._sockets.clear()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._read(0.02)
        self._read(0)

    def _read(self, patience: float) -> None:
        for key, _ in self._poll.select(patience):
            with contextlib.suppress(BlockingIOError, OSError):
                while True:
                    self._take(key.data, *key.fileobj.recvmsg(SNAP, 64))  # type: ignore[union-attr]

    def _take(self, space: str, data: bytes, extra: list, flags: int, address: tuple) -> None:
        at = time.time()
        for level, kind, value in extra:
            if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("=qq", value[:16])
                at = seconds + nanoseconds / 1e9
        if at < self._since:
            return
        if len(self._frames) >= MOST:
            self.dropped += 1
            return
        direction = "out" if address[2] == _OUTGOING else "in"
        # of two with the same time, as a port's and its bridge's, the socket has the first one first
        self._frames.append((at, len(self._frames), Frame(space, address[0], direction, at, data, len(data))))


def _open(namespace: Namespace, program: list[tuple[int, int, int, int]]) -> socket.socket:
    with namespace.entered():
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.htons(ALL))
    try:
        _attach(one, program)
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        one.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                one.recv(1)  # what came before there was a filter
    except BaseException:
        one.close()
        raise
    return one


def _attach(one: socket.socket, program: list[tuple[int, int, int, int]]) -> None:
    code = b"".join(struct.pack("=HBBI", *each) for each in program)
    held = ctypes.create_string_buffer(code)
    one.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(held)))


_WORD = {
    "ldh": 0x28, "ldb": 0x30, "ldhx": 0x48, "ldbx": 0x50, "ldx4": 0xB1, "ldx": 0x01,
    "jeq": 0x15, "jset": 0x45, "ret": 0x06,
}  # fmt: skip
"""The instructions of the kernel's packet filter (BPF) that are used here."""


def kernel_filter(tunnel_ports: list[int]) -> list[tuple[int, int, int, int]]:
    """The filter that the kernel runs on each frame: what a walk may be about, cut off after ``SNAP`` bytes.

    In TCP, that is packets with SYN or RST. Of what is in a tunnel the same is looked at, behind the outer headers, so
    that what others send through it does not crowd out the probe.
    """
    ports4, ports6 = ([("", "jeq", port, goal, None) for port in tunnel_ports] for goal in ("inside", "inside 6"))
    lines = [
        ("", "ldh", 12, None, None),
        ("", "jeq", 0x0806, "yes", None),
        ("", "jeq", 0x0800, "v4", None),
        ("", "jeq", 0x86DD, "v6", "no"),
        ("v4", "ldb", 23, None, None),
        ("", "jeq", 1, "yes", None),
        ("", "jeq", 6, "tcp4", None),
        ("", "jeq", 17, "udp4", "no"),
        ("tcp4", "ldx4", 14, None, None),
        ("", "ldbx", 27, None, None),
        ("", "jset", 0x06, "yes", "no"),
        ("udp4", "ldx4", 14, None, None),
        ("", "ldhx", 16, None, None),
        *ports4,
        ("", "ret", 0, None, None),
        ("v6", "ldb", 20, None, None),
        ("", "jeq", 58, "yes", None),
        ("", "jeq", 6, "tcp6", None),
        ("", "jeq", 17, "udp6", "no"),
        ("tcp6", "ldb", 67, None, None),
        ("", "jset", 0x06, "yes", "no"),
        ("udp6", "ldh", 56, None, None),
        *ports6,
        ("", "ret", 0, None, None),
        ("inside 6", "ldx", 40, None, None),  # as long as the outer IP header: that of IPv4 is known already
        ("inside", "ldhx", 42, None, None),
        ("", "jeq", 0x0806, "yes", None),
        ("", "jeq", 0x8100, "yes", None),  # what is tagged in there is not looked through
        ("", "jeq", 0x0800, "inner4", None),
        ("", "jeq", 0x86DD, "inner6", "no"),
        ("inner4", "ldbx", 53, None, None),
        ("", "jeq", 1, "yes", None),
        ("", "jeq", 6, None, "no"),
        ("", "ldbx", 77, None, None),  # an inner IPv4 header has no options, or is another's
        ("", "jset", 0x06, "yes", "no"),
        ("inner6", "ldbx", 50, None, None),
        ("", "jeq", 58, "yes", None),
        ("", "jeq", 6, None, "no"),
        ("", "ldbx", 97, None, None),
        ("", "jset", 0x06, "yes", "no"),
        ("no", "ret", 0, None, None),
        ("yes", "ret", SNAP, None, None),
    ]
    places = {name: number for number, (name, *_) in enumerate(lines) if name}

    def jump(number: int, target: str | None) -> int:
        return places[target] - number - 1 if target else 0

    return [
        (_WORD[word], jump(number, then), jump(number, other), value)
        for number, (_, word, value, then, other) in enumerate(lines)
    ]
