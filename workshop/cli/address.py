"""The dashboard's address: HOST:PORT as a person gives it, the socket that listens there, a browser that opens it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import sys
import threading

from workshop.errors import CannotHere, UsageError

USUAL = "127.0.0.1:8600"
"""Where the dashboard is if nobody says otherwise, and the port is free."""


def address_of(text: str) -> tuple[str, int]:
    """The dashboard's host and port, from ``HOST:PORT``. Raises UsageError if it is none, or not of this machine."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise UsageError(f"{text!r} is no address.", "Give --dashboard HOST:PORT, such as 127.0.0.1:8600.")
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    if not own:
        raise UsageError(
            "The dashboard is for this machine alone.",
            "Give --dashboard a loopback address, such as 127.0.0.1:8600.",
        )
    return host, int(port)


def bind(address: str) -> tuple[tuple[str, int], socket.socket]:
    """The dashboard's listening socket for ``HOST:PORT``; nobody answers on it yet.

    :raises UsageError: if it is malformed or no loopback address.
    :raises CannotHere: if it is taken.
    """
    host, port = address_of(address)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)  # until then, another may bind it as well
    except OSError as error:
        listener.close()
        raise CannotHere(
            f"The dashboard cannot listen on {address} ({error.strerror}).",
            "Give --dashboard HOST:PORT with another port.",
        ) from None
    return (host, listener.getsockname()[1]), listener


def bind_or_any(address: str | None) -> tuple[tuple[str, int], socket.socket]:
    """The same for what a person gave, or else for the usual address, or any free port if that is taken."""
    try:
        return bind(address or USUAL)
    except CannotHere:
        if address:
            raise
        return bind("127.0.0.1:0")


def open_page(url: str) -> None:
    """Open a browser where there are windows; elsewhere the printed address is enough."""
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Thread(target=_open, args=[url], daemon=True).start()


def _open(url: str) -> None:
    import webbrowser

    with contextlib.suppress(Exception):
        webbrowser.open(url)
