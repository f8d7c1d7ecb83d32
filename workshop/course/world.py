"""A host next door for a real Docker's machine, with the addresses that the lab's world has: it is what is outside."""

from __future__ import annotations

import contextlib

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.errors import CannotHere
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import FIRST_HOST, WORLD4, WORLD6

LINK = "ws-world"
_NODAD = 0x02


class World:
    """A namespace behind a pair of links of ``host``, to be used in a ``with``; with it, the pair goes.

    Its addresses are those of the lab's world (192.0.2.1, 2001:db8::1), and the host's end has ``host_address`` and
    ``host_address6``, as the lab's first host has.

    :raises CannotHere: if the host cannot have such a link.
    """

    def __init__(self, host: Namespace) -> None:
        self._host, self.namespace = host, Namespace.create()
        self._index = 0
        self.host_address = f"{WORLD4.rpartition('.')[0]}.{FIRST_HOST}"
        self.host_address6 = f"{WORLD6.rpartition(':')[0]}:{FIRST_HOST}"

    def __enter__(self) -> World:
        try:
            self._host.run(self._plug_in)
            self.namespace.run(self._set_up)
        except NetlinkError as error:
            self.__exit__()
            raise CannotHere(
                f"This machine takes no link to a host next door ({error}).",
                f"Is there one called {LINK} already? `sudo ip link del {LINK}` removes it.",
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._host.run(self._unplug)
        self.namespace.close()

    def _plug_in(self) -> None:
        with IPRoute() as ip:
            peer = {"ifname": "eth0", "net_ns_fd": self.namespace.descriptor}
            ip.link("add", ifname=LINK, kind="veth", state="up", peer=peer)
            self._index = ip.link_lookup(ifname=LINK)[0]
            _give(ip, LINK, self.host_address, self.host_address6)

    def _set_up(self) -> None:
        with IPRoute() as ip:
            ip.link("set", index=1, state="up")
            ip.link("set", index=ip.link_lookup(ifname="eth0")[0], state="up")
            _give(ip, "eth0", WORLD4, WORLD6)

    def _unplug(self) -> None:
        with IPRoute() as ip:
            if self._index:
                with contextlib.suppress(NetlinkError):
                    ip.link("del", index=self._index)


def _give(ip: IPRoute, name: str, address: str, address6: str) -> None:
    index = ip.link_lookup(ifname=name)[0]
    ip.addr("add", index=index, address=address, prefixlen=24)
    with contextlib.suppress(NetlinkError):  # IPv6 may be off
        ip.addr("add", index=index, address=address6, prefixlen=64, flags=_NODAD)
