"""The kernel of one network namespace, through pyroute2, with a trace of every change."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.kernel import removal
from workshop.kernel.commands import READS, as_command
from workshop.kernel.namespaces import Namespace
from workshop.kernel.trace import Change, Trace, ignore, traced

_TRACED = frozenset({"link", "addr", "route", "rule", "neigh", "fdb", "brport", "tc", "vlan_filter"})


class Kernel:
    """A pyroute2 ``IPRoute`` in one namespace: every method of it can be called here, from any thread.

    Each thread gets a socket of its own, opened in the namespace at its first call and kept: sharing one would leak
    a descriptor per thread, and opening one per call would cost more than the call. Every change is told to ``trace``
    as the equivalent command. Where pyroute2 takes a namespace's descriptor, a ``Namespace`` does as well.
    """

    def __init__(self, namespace: Namespace, trace: Trace = ignore) -> None:
        self.namespace, self.trace = namespace, trace
        self._mine = threading.local()
        self._sockets: list[IPRoute] = []

    def _socket(self) -> IPRoute:
        mine = getattr(self._mine, "socket", None)
        if mine is None:
            with self.namespace.entered():
                mine = self._mine.socket = IPRoute()
            self._sockets.append(mine)
        return mine

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(self._socket(), name)
        return self._with_trace(name, method) if name in _TRACED else method

    def _with_trace(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(verb: str, *arguments: Any, **keywords: Any) -> Any:
            if verb in READS:
                return method(verb, *arguments, **keywords)
            with traced(self.trace, as_command(name, verb, _named(keywords), self.name_of)):
                return method(verb, *arguments, **_numbered(keywords))

        return call

    def find(self, name: str) -> Any | None:
        """The link called ``name``, as pyroute2 tells it, or ``None``."""
        try:
            return self._socket().link("get", ifname=name)[0]
        except NetlinkError as error:
            if error.code in (19, 34):  # ENODEV; ERANGE for a name that no link can have
                return None
            raise

    def index(self, name: str) -> int | None:
        """The index of the link called ``name``, or ``None``. A hundred times quicker than ``find``."""
        with self.namespace.entered():
            try:
                return socket.if_nametoindex(name)
            except OSError:
                return None

    def name_of(self, index: int) -> str:
        """The name of the link with this index, or ``#index`` if there is none."""
        with self.namespace.entered():
            try:
                return socket.if_indextoname(index)
            except OSError:
                return f"#{index}"

    def links(self) -> Iterator[Any]:
        """All links of the namespace, as pyroute2 tells them."""
        return iter(self._socket().get_links())

    def remove(self, name: str) -> bool:
        """Delete the link called ``name``; say whether there was one. A veth takes its peer with it."""
        index = self.index(name)
        if index is None:
            return False
        try:
            self.remove_link(index)
        except NetlinkError as error:
            if error.code != 19:  # somebody else was quicker
                raise
        return True

    def remove_link(self, index: int) -> None:
        """Delete a link, without waiting until the kernel has given back its memory: see ``removal.py``.

        :raises NetlinkError: if there is none, or the kernel refuses.
        """
        with traced(self.trace, as_command("link", "del", {"index": index}, self.name_of)):
            removal.remove(self.namespace, index, self._is_there)

    def _is_there(self, index: int) -> bool:
        try:
            return bool(self._socket().link("get", index=index))
        except NetlinkError:
            return False

    def sysctl(self, key: str, value: str) -> bool:
        """Set ``/proc/sys/<key>`` unless it has that value; say whether it has it now. ``key`` uses slashes."""
        path = Path("/proc/sys") / key
        shown = key.replace(".", "%").replace("/", ".").replace("%", "/")  # a link's name may have dots
        try:
            with self.namespace.entered():
                if path.read_text().strip() == value:
                    return True
                with traced(self.trace, f"sysctl -w {shown}={value}"):
                    path.write_text(value)
        except OSError:
            return False
        return True

    def let_go(self) -> None:
        """Close the calling thread's socket."""
        mine = vars(self._mine).pop("socket", None)
        if mine is not None:
            with contextlib.suppress(Exception):  # all may have been closed
                self._sockets.remove(mine)
                mine.close()

    def close(self) -> None:
        """Close every thread's socket. No other thread may be waiting for the kernel's answer: it would for ever."""
        while self._sockets:
            with contextlib.suppress(Exception):
                self._sockets.pop().close()


def _named(keywords: dict[str, Any]) -> dict[str, Any]:
    return _with_namespaces(keywords, lambda namespace: namespace.name)


def _numbered(keywords: dict[str, Any]) -> dict[str, Any]:
    return _with_namespaces(keywords, lambda namespace: namespace.descriptor)


def _with_namespaces(keywords: dict[str, Any], write: Callable[[Namespace], Any]) -> dict[str, Any]:
    """The same, with all namespaces written another way, also those of a pair's other end."""
    found = {}
    for key, value in keywords.items():
        if isinstance(value, dict):
            value = _with_namespaces(value, write)
        found[key] = write(value) if isinstance(value, Namespace) else value
    return found


__all__ = ["Change", "IPRoute", "Kernel", "NetlinkError"]
