"""The slides for others' browsers: a second door, on the network if so asked, by which one can only look."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import TYPE_CHECKING

from workshop.errors import CannotHere, UsageError

if TYPE_CHECKING:
    from workshop.cli.running import Running
    from workshop.dashboard.deck import Stage

WARNING = (
    "Warning: whoever reaches {address} sees the slides, and the calls and the picture of this lab. "
    "Nobody can lead or run anything there."
)


def open_door(text: str) -> tuple[socket.socket, str]:
    """The audience's listening socket for ``HOST:PORT``, and where they find it; nobody answers on it yet.

    :raises UsageError: if it is malformed.
    :raises CannotHere: if it is taken, or no address of this machine.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        version = 0
    if not version or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise UsageError(
            f"{text!r} is no address.",
            "Give --audience HOST:PORT, such as 192.0.2.7:8601; 0.0.0.0 is any of this host.",
        )
    door = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, int(port)))
        door.listen(128)
    except OSError as error:
        door.close()
        raise CannotHere(
            f"The audience cannot be let in at {text} ({error.strerror}).",
            "Give --audience another port, or an address that this machine has.",
        ) from None
    name = _own_address(door.family) if ipaddress.ip_address(host).is_unspecified else host
    return door, f"http://{f'[{name}]' if ':' in name else name}:{door.getsockname()[1]}/slides"


def place(door: socket.socket) -> str:
    """Where a door is, as HOST:PORT."""
    host, port = door.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _own_address(family: int) -> str:
    """The address by which this machine speaks to others, or its name. Nothing is sent to find out."""
    far = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((far, 9))
        return asking.getsockname()[0]
    return socket.gethostname()


def show(door: socket.socket, stage: Stage, running: Running, ending: contextlib.ExitStack) -> None:
    """Let the audience in until the end."""
    from workshop.cli.running import Picture
    from workshop.dashboard import Dashboard

    hall = Dashboard(
        running.journal, Picture(lambda: running.observer), sock=door, parts=[stage.audience], for_all=True
    )
    hall.start()
    ending.callback(door.close)
    ending.callback(hall.stop)
