"""Networks' own namespaces, which are called rooms here: made, found again, removed, and seen as a host is seen.

What the host's firewall must not look at is in a room: the kernel has iptables look at all frames of all bridges of a
namespace (``bridge-nf-call-iptables``), and in a room there are no rules. Docker's overlay networks are made so too.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.drivers import naming
from workshop.errors import PluginError
from workshop.kernel import pinned
from workshop.kernel.kernel import Kernel, NetlinkError
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

_NOT_ALLOWED = (errno.EPERM, errno.EACCES, errno.EROFS)


_NO_NUMBER = (None, -1, 0xFFFFFFFF)
"""What a namespace calls another one that no link of it leads to."""


@dataclass(frozen=True)
class Found:
    """A room: where it is pinned, and the IDs of the network and the endpoints whose links are in it, if any are."""

    path: Path
    network: str = ""
    endpoints: tuple[str, ...] = ()


class Rooms:
    """The rooms of one plugin on one host, each pinned in ``folder`` under its name.

    ``trace`` is told of what is changed in them. Docker and the plugin may end: a room stays, with what is in it.
    """

    def __init__(self, folder: Path, trace: Trace) -> None:
        self._folder, self._trace = folder, trace
        self._kernels: dict[str, Kernel] = {}
        self._lock = threading.Lock()

    def path(self, network_id: str) -> Path:
        """Where a network's room is pinned, if it has one."""
        return self._folder / naming.room(network_id)

    def make(self, network_id: str) -> bool:
        """Let there be a room for a network; say whether it had to be made.

        :raises PluginError: if this process may not make namespaces.
        """
        with self._lock:
            if self._open(network_id) is not None:
                return False
            name = naming.room(network_id)
            try:
                with traced(self._trace, f"ip netns add {name}"):
                    made = Kernel(pinned.make(self.path(network_id)), self._traced(name))
            except OSError as error:
                if error.errno not in _NOT_ALLOWED:
                    raise
                raise PluginError(
                    "option namespace: own cannot be had here, as the plugin may not make namespaces "
                    "(a managed plugin never may); leave it out, or run `workshop serve` as root"
                ) from None
            self._kernels[network_id] = made
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
                self._kernels[network_id] = Kernel(found, self._traced(naming.room(network_id)))
        return self._kernels.get(network_id)

    def remove(self, network_id: str) -> None:
        """Remove a network's room with all that is in it, if it has one."""
        with self._lock:
            kernel = self._open(network_id)
            self._kernels.pop(network_id, None)
        if kernel is not None:
            _clear(kernel)
            kernel.close()
            kernel.namespace.close()
            with traced(self._trace, f"ip netns del {naming.room(network_id)}"):
                pinned.remove(self.path(network_id))

    def found(self, host: Host) -> list[Found]:
        """All rooms of this plugin on a host, whatever it remembers; also those that nothing is in.

        Another host's plugin may have rooms in the same folder: from those, no way leads to this host.
        """
        paths = sorted(self._folder.glob(naming.PREFIXES["namespace"] + "?" * 10))
        return [found for path in paths if (found := _look(path, host)) is not None]

    def clear(self) -> None:
        """Remove all rooms in the folder, whosever they are: for a lab, whose folder is its own and goes with it."""
        self.close()
        for path in self._folder.glob("*"):
            remove_at(path)

    def close(self) -> None:
        """Let go of all rooms. They stay."""
        with self._lock:
            for kernel in self._kernels.values():
                kernel.close()
                kernel.namespace.close()
            self._kernels.clear()

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
        number = (kernel.get_netnsid(fd=host.namespace.descriptor) or {}).get("nsid")
    if marks and ({owner for _, _, owner in marks} != {host.plugin} or number in _NO_NUMBER):
        return None
    ids = {wanted: [identity for kind, identity, _ in marks if kind == wanted] for wanted in ("network", "endpoint")}
    return Found(path, next(iter(ids["network"]), ""), tuple(ids["endpoint"]))


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
