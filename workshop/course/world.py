"""Next door to a real Docker's machine, with the lab's addresses: the world outside, and the lab's other hosts."""

from __future__ import annotations

import contextlib
import socket

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.errors import CannotHere
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import FIRST_HOST, SWITCH, WORLD4, WORLD6, Lab

LINK = "ws-world"
_OTHER_END = "ws-host"
_NODAD = 0x02
TUNNELS = 4789
"""The UDP port of VXLAN."""


class World:
    """A lab in a namespace of its own, to whose switch ``host`` is wired. For a ``with``; with it, all of it goes.

    Its addresses are those of the lab's world (192.0.2.1, 2001:db8::1). The host's end has ``host_address`` and
    ``host_address6``, as the lab's first host has; ``names`` are the lab's further hosts.

    :raises CannotHere: if the host cannot have such a link.
    """

    def __init__(self, host: Namespace, names: tuple[str, ...] = ()) -> None:
        self._host, self.namespace = host, Namespace.create()
        self.lab = Lab(names, kept=1)
        self._index = 0
        self.host_address = f"{WORLD4.rpartition('.')[0]}.{FIRST_HOST}"
        self.host_address6 = f"{WORLD6.rpartition(':')[0]}:{FIRST_HOST}"

    def __enter__(self) -> World:
        try:
            self.namespace.run(self.lab.start)
            self._host.run(self._plug_in)
            self.namespace.run(self._join)
        except NetlinkError as error:
            self.__exit__()
            raise CannotHere(
                f"This machine takes no link to a host next door ({error}).",
                f"Is there one called {LINK} already? `sudo ip link del {LINK}` removes it.",
            ) from None
        return self

    def check_tunnels(self) -> None:
        """See that what the other hosts pack into tunnels gets into the host. Raises CannotHere."""
        for other in self.lab.hosts.values():
            with self._host.entered():
                ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with other.namespace.entered():
                mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with ear, mouth:
                try:
                    ear.bind((self.host_address, TUNNELS))
                except OSError:  # the kernel listens there, for tunnels of somebody else's
                    return
                ear.settimeout(2)
                mouth.sendto(b"?", (self.host_address, TUNNELS))
                try:
                    ear.recv(1)
                except TimeoutError:
                    raise CannotHere(
                        f"This machine's firewall lets nothing in from the host next door (by {LINK}, to UDP port "
                        f"{TUNNELS}), as a tunnel needs it.",
                        f"Let it in, such as by `sudo iptables -I INPUT -i {LINK} -j ACCEPT`, or go on without "
                        "--docker, in the lab.",
                    ) from None

    def __exit__(self, *_: object) -> None:
        self._host.run(self._unplug)
        self.lab.stop()
        self.namespace.close()

    def _plug_in(self) -> None:
        with IPRoute() as ip:
            peer = {"ifname": _OTHER_END, "net_ns_fd": self.namespace.descriptor}
            ip.link("add", ifname=LINK, kind="veth", state="up", peer=peer)
            self._index = ip.link_lookup(ifname=LINK)[0]
            ip.addr("add", index=self._index, address=self.host_address, prefixlen=24)
            with contextlib.suppress(NetlinkError):  # IPv6 may be off
                ip.addr("add", index=self._index, address=self.host_address6, prefixlen=64, flags=_NODAD)

    def _join(self) -> None:
        with IPRoute() as ip:
            ip.link("set", index=1, state="up")
            (switch,) = ip.link_lookup(ifname=SWITCH)
            ip.link("set", index=ip.link_lookup(ifname=_OTHER_END)[0], master=switch, state="up")

    def _unplug(self) -> None:
        with IPRoute() as ip:
            if self._index:
                with contextlib.suppress(NetlinkError):
                    ip.link("del", index=self._index)
