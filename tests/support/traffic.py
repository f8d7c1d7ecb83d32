"""Traffic between namespaces: a server that answers with the address it saw, and a client that asks it.

Both run in threads of the test's own process that enter a namespace, so a container needs no program for it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from workshop.kernel.namespaces import Namespace

TYPES = {"tcp": (socket.SOCK_STREAM, socket.IPPROTO_TCP), "udp": (socket.SOCK_DGRAM, socket.IPPROTO_UDP)}


def _socket(proto: str, address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, *TYPES[proto])


@contextlib.contextmanager
def server(namespace: Namespace, proto: str, port: int, address: str = "::") -> Iterator[None]:
    """Answer on a port in a namespace: ``<what was asked> <the asker's address>``."""

    def listen() -> socket.socket:
        listening = _socket(proto, address)
        if address == "::":
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        if proto == "tcp":
            listening.listen(16)
        listening.settimeout(0.2)
        return listening

    listening = namespace.run(listen)  # a socket stays in the namespace where it was made
    stop = threading.Event()

    def answer() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                if proto == "udp":
                    asked, peer = listening.recvfrom(2048)
                    listening.sendto(asked + b" " + peer[0].removeprefix("::ffff:").encode(), peer)
                else:
                    connection, peer = listening.accept()
                    with connection:
                        connection.settimeout(2)
                        connection.sendall(connection.recv(2048) + b" " + peer[0].removeprefix("::ffff:").encode())

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(3)
        listening.close()


def ask(namespace: Namespace, proto: str, address: str, port: int, *, word: str = "hello", seconds: float = 10) -> str:
    """Ask a server from a namespace: the address that it saw. UDP asks again each half second.

    Raises OSError (TimeoutError, ConnectionRefusedError, …) if there is no answer, or not to what was asked.
    """

    def client() -> str:
        with _socket(proto, address) as asking:
            asking.settimeout(0.5 if proto == "udp" else seconds)
            asking.connect((address, port))
            for attempt in range(max(1, int(seconds / 0.5)) if proto == "udp" else 1):
                asking.sendall(word.encode())
                try:
                    said = asking.recv(2048).decode().split()
                except TimeoutError:
                    if attempt == int(seconds / 0.5) - 1:
                        raise
                    continue
                if len(said) == 2 and said[0] == word:
                    return said[1]
                raise ConnectionError(f"asked {word!r} of {address}:{port}, got {said}")
        raise TimeoutError(f"no answer from {address}:{port}")

    return namespace.run(client)


def refuses(namespace: Namespace, proto: str, address: str, port: int, *, seconds: float = 1) -> bool:
    """Whether nobody answers there, when asked from a namespace."""
    try:
        ask(namespace, proto, address, port, seconds=seconds)
    except OSError:
        return True
    return False
