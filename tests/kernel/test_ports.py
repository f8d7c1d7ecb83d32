"""Ports of the host that are held: nobody else can use them, and those that somebody uses are not given."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import pytest
from pyroute2 import IPRoute

from workshop.kernel.namespaces import Namespace
from workshop.kernel.ports import Ports, PortTaken

pytestmark = pytest.mark.kernel
TCP, UDP = 6, 17
PORT = 8080


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    made = Namespace.create()

    def up() -> None:
        with IPRoute() as kernel:
            kernel.link("set", index=1, state="up")

    made.run(up)
    yield made
    made.close()


@pytest.fixture
def ports(namespace: Namespace) -> Iterator[Ports]:
    held = Ports(namespace)
    yield held
    held.close()


def listening(address: str = "127.0.0.1", *, again: bool = True) -> socket.socket:
    """A server as most are: one that may start again at once, while old connections of its port are remembered."""
    server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(again))
        server.bind((address, PORT))
        server.listen()
    except OSError:
        server.close()
        raise
    return server


def serve_once() -> None:
    """A server that has one visitor, hangs up first and ends: the kernel remembers the connection for a minute."""
    with listening() as server, socket.create_connection(("127.0.0.1", PORT)) as visitor:
        connection, _ = server.accept()
        connection.close()
        assert visitor.recv(1) == b""


def test_a_port_with_only_ended_connections_is_free(namespace: Namespace, ports: Ports) -> None:
    namespace.run(serve_once)
    with pytest.raises(OSError) as refused:  # else this test would show nothing
        namespace.run(lambda: listening(again=False).close())
    assert refused.value.errno == errno.EADDRINUSE
    assert ports.hold("web", TCP, "", [PORT]) == PORT


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_port_on_which_somebody_listens_is_taken(namespace: Namespace, ports: Ports, address: str) -> None:
    server = namespace.run(lambda: listening(address))
    with pytest.raises(PortTaken, match=f"^port {PORT}/tcp of the host cannot be published: another program has it$"):
        ports.hold("web", TCP, "", [PORT])
    server.close()
    assert ports.hold("web", TCP, "", [PORT]) == PORT


@pytest.mark.parametrize("again", [True, False])
def test_nobody_listens_on_a_port_that_is_held(namespace: Namespace, ports: Ports, again: bool) -> None:
    ports.hold("web", TCP, "", [PORT])
    for address in ("127.0.0.1", "0.0.0.0", "::"):
        with pytest.raises(OSError) as refused:
            namespace.run(lambda address=address: listening(address, again=again).close())
        assert refused.value.errno == errno.EADDRINUSE
    ports.release("web")
    namespace.run(lambda: listening().close())


def test_a_port_held_by_one_is_taken_for_another(namespace: Namespace, ports: Ports) -> None:
    ports.hold("web", TCP, "", [PORT])
    with pytest.raises(PortTaken, match="published already"):
        ports.hold("db", TCP, "127.0.0.1", [PORT])
    others = Ports(namespace)  # as of another plugin on this host
    with pytest.raises(PortTaken, match="another program has it"):
        others.hold("db", TCP, "", [PORT])
    assert others.hold("db", TCP, "", [PORT, PORT + 1]) == PORT + 1
    others.close()


def test_a_connection_to_a_port_that_is_held_is_refused(namespace: Namespace, ports: Ports) -> None:
    ports.hold("web", TCP, "", [PORT])
    with pytest.raises(ConnectionRefusedError):
        namespace.run(lambda: socket.create_connection(("127.0.0.1", PORT), timeout=5).close())


def test_a_port_is_held_again_as_soon_as_it_was_released(namespace: Namespace, ports: Ports) -> None:
    for _ in range(3):
        assert ports.hold("web", TCP, "", [PORT]) == PORT
        ports.release("web")
        namespace.run(serve_once)


def test_udp_ports_are_not_shared(namespace: Namespace, ports: Ports) -> None:
    ports.hold("dns", UDP, "", [53])
    other = namespace.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with contextlib.closing(other), pytest.raises(OSError, match="in use"):
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("0.0.0.0", 53))
