"""Networks' own namespaces, which are called rooms here: made, found again, removed, and seen as a host is seen.

What the host's firewall must not look at is in a room: the kernel has iptables look at all frames of all bridges of a
namespace (``bridge-nf-call-iptables``), and in a room there are no rules. Docker's overlay networks are made so too.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.drivers import naming
from workshop.errors import PluginError
from workshop.kernel import pinned
from workshop.kernel.kernel import IPRoute, Kernel, NetlinkError
from workshop.kernel.namespaces import Namespace
from workshop.kernel.trace import Change, Trace, traced

if TYPE_CHECKING:
    from workshop.drivers.host import Host

_SETTINGS = {
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
    "net/ipv4/igmp_link_local_mcast_reports": "0",
    "net/bridge/bridge-nf-call-iptables": "0",
    "net/bridge/bridge-nf-call-ip6tables": "0",
    "net/bridge/bridge-nf-call-arptables": "0",
}
"""What a room only carries it has no part in: its links get no addresses of their own, its bridge says nothing itself
(the other hosts would learn a MAC address that is nobody's), and no rules are looked up."""

_NOT_ALLOWED = (errno.EPERM, errno.EACCES)

_NO_NUMBER = (None, -1, 0xFFFFFFFF)
"""What a namespace calls another one that no link of it leads to."""


@dataclass(frozen=True)
class Found:
    """A room: where it is pinned, and the IDs of the network and the endpoints whose links are in it, if any are."""

    path: Path
    network: str = ""
    endpoints: tuple[str, ...] = ()


class _Inside(Kernel):
    """The kernel as it is in a room. A thread keeps a socket in the room only where it was ``last``: one in each would
    be some hundred descriptors for each network, as many threads answer calls.
    """

    def __init__(self, namespace: Namespace, trace: Trace, last: threading.local) -> None:
        super().__init__(namespace, trace)
        self._last = last

    def _socket(self) -> IPRoute:
        before = self._last.room() if hasattr(self._last, "room") else None
        if before is not self:
            if before is not None:
                before.let_go()
            self._last.room = weakref.ref(self)
        return super()._socket()


class Rooms:
    """The rooms of one plugin on one host, whose ``namespace`` is given; each is pinned in ``folder`` under its name.

    ``trace`` is told of what is changed in them. Docker and the plugin may end: a room stays, with what is in it.
    ``staying`` is held by who is in a room out of the network's turn: no room is removed meanwhile, nor made. Who asks
    for a room in the network's turn waits for none of that.
    """

    def __init__(self, folder: Path, namespace: Namespace, trace: Trace) -> None:
        self._folder, self._namespace, self._trace = folder, namespace, trace
        self._kernels: dict[str, Kernel] = {}
        self._lock, self._last = threading.Lock(), threading.local()
        self.staying = threading.RLock()

    def path(self, network_id: str) -> Path:
        """Where a network's room is pinned, if it has one."""
        return self._folder / naming.room(network_id)

    def make(self, network_id: str) -> bool:
        """Let there be a room for a network; say whether it had to be made.

        :raises PluginError: if none can be made, as where this process may not.
        """
        name = naming.room(network_id)
        with self.staying:
            if self.kernel(network_id) is not None:
                return False
            try:
                with traced(self._trace, f"ip netns add {name}"):
                    made = self._inside(pinned.make(self.path(network_id)), name)
            except OSError as error:
                if error.errno not in _NOT_ALLOWED:
                    raise PluginError(f"option namespace: none can be made for this network: {error}") from None
                raise PluginError(
                    "option namespace: own cannot be had here, as the plugin may not make namespaces "
                    "(a managed plugin never may); leave it out, or run `workshop serve` as root"
                ) from None
            with self._lock:
                self._kernels[network_id] = made
        made.set_netnsid(fd=self._namespace.descriptor)  # before anything is in it: by this, it is known as this host's
        for key, value in _SETTINGS.items():
            made.sysctl(key, value)  # a kernel without IPv6, or without bridge netfilter, has not all of them
        return True

    def kernel(self, network_id: str) -> Kernel | None:
        """The kernel as it is in a network's room; ``None`` if it has none."""
        with self._lock:
            return self._open(network_id)

    def _open(self, network_id: str) -> Kernel | None:
        if network_id not in self._kernels:
            found = pinned.at(self.path(network_id))
            if found is not None:
                self._kernels[network_id] = self._inside(found, naming.room(network_id))
        return self._kernels.get(network_id)

    def remove(self, network_id: str) -> None:
        """Remove a network's room with all that is in it, if it has one."""
        path = self.path(network_id)
        with self.staying:
            kernel = self.kernel(network_id)
            with self._lock:
                self._kernels.pop(network_id, None)
            if kernel is not None:
                _clear(kernel)
                kernel.close()
                kernel.namespace.close()
                with traced(self._trace, f"ip netns del {path.name}"):
                    pinned.remove(path)
            elif path.exists():  # its making or its removal was cut short
                pinned.remove(path)

    def found(self, host: Host) -> list[Found]:
        """All rooms of this plugin on a host, whatever it remembers; also those that nothing is in.

        Another host's plugin may have rooms in the same folder: from those, no way leads to this host.
        """
        return [found for path in self._paths() if (found := _look(path, host)) is not None]

    def alias(self, host: Host, number: int, index: int) -> str | None:
        """What is written on the link with that index in the room, whosever it is, to which a host gives a number."""
        for path in self._paths():
            with _entered(path) as kernel, contextlib.suppress(NetlinkError):
                if kernel is not None and _number(host.kernel, kernel.namespace) == number:
                    return kernel.link("get", index=index)[0].get("ifalias")
        return None

    def clear(self) -> None:
        """Remove all rooms in the folder, whosever they are: for a lab, whose folder is its own and goes with it."""
        self.close()
        for path in self._paths():
            remove_at(path)

    def close(self) -> None:
        """Let go of all rooms. They stay."""
        with self.staying, self._lock:
            for kernel in self._kernels.values():
                kernel.close()
                kernel.namespace.close()
            self._kernels.clear()

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(naming.PREFIXES["namespace"] + "?" * 10))

    def _inside(self, space: Namespace, room: str) -> Kernel:
        return _Inside(space, self._traced(room), self._last)

    def _traced(self, room: str) -> Trace:
        return lambda change: self._trace(replace(change, command=as_there(change, room)))


def as_there(change: Change, room: str) -> str:
    """A command as one would type it outside of a room."""
    if change.tool in ("ip", "bridge"):
        return change.command.replace(change.tool, f"{change.tool} -n {room}", 1)
    return f"ip netns exec {room} {change.command}"


def remove_at(path: Path) -> None:
    """Remove the room that is pinned there, and all that is in it."""
    with _entered(path) as kernel:
        if kernel is not None:
            _clear(kernel)
    pinned.remove(path)


@contextlib.contextmanager
def _entered(path: Path) -> Iterator[Kernel | None]:
    """The kernel as it is in the room that is pinned there, for the length of a ``with``; ``None`` if none is."""
    space = pinned.at(path)
    if space is None:
        yield None
        return
    kernel = Kernel(space)
    try:
        yield kernel
    finally:
        kernel.close()
        space.close()


def _look(path: Path, host: Host) -> Found | None:
    with _entered(path) as kernel:
        if kernel is None:
            return Found(path)
        marks = [mark for link in list(kernel.links()) if (mark := naming.read_alias(link.get("ifalias")))]
        number = _number(kernel, host.namespace)
    if marks and ({owner for _, _, owner in marks} != {host.plugin} or number in _NO_NUMBER):
        return None
    ids = {wanted: [identity for kind, identity, _ in marks if kind == wanted] for wanted in ("network", "endpoint")}
    return Found(path, next(iter(ids["network"]), ""), tuple(ids["endpoint"]))


def _number(kernel: Kernel, space: Namespace) -> int | None:
    """What a namespace calls another one."""
    return (kernel.get_netnsid(fd=space.descriptor) or {}).get("nsid")


def _clear(kernel: Kernel) -> None:
    """Remove all links but those that each namespace has: who holds the namespace open must not keep them."""
    for link in list(kernel.links()):
        if naming.read_alias(link.get("ifalias")) or link.get(("linkinfo", "kind")) in ("bridge", "veth", "vxlan"):
            with contextlib.suppress(NetlinkError):  # a pair goes as a whole
                kernel.remove_link(link["index"])


def seen_from(host: Host, network_id: str) -> Host:
    """The host as it is for the bridge and the ports of a network: in its room, if it has one; else the host itself.

    Only ``kernel`` and ``namespace`` differ; ``outside`` is the host.
    """
    kernel = host.rooms.kernel(network_id)
    if kernel is None:
        return host
    view = copy.copy(host)
    view.kernel, view.namespace, view.outside = kernel, kernel.namespace, host.outside
    return view


@contextlib.contextmanager
def looking_from(host: Host, network_id: str) -> Iterator[Host]:
    """``seen_from`` for the length of a ``with``, for who is there out of the network's turn, as calls about nodes are:
    no room is removed under their hands.
    """
    with host.rooms.staying:
        yield seen_from(host, network_id)
