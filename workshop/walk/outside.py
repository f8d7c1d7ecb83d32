"""Somebody outside of a machine that has nobody next door: a namespace on a cable to it, for as long as a walk takes.

When the process ends, however it ends, the namespace goes, and with it the pair of links.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
from collections.abc import Iterator

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.errors import CannotHere, WorkshopError
from workshop.kernel.namespaces import Namespace

LINK = "ws-walk"
POOL = ipaddress.ip_network("198.18.0.0/15")
"""Addresses that are kept for measuring (RFC 2544): no network of anybody's has them."""


@contextlib.contextmanager
def next_door(host: Namespace) -> Iterator[Namespace]:
    """A namespace that is wired to ``host``, which is its gateway.

    :raises CannotHere: if the host cannot have such a link.
    """
    namespace = Namespace.create()
    try:
        try:
            host.run(lambda: _plug_in(namespace))
        except (NetlinkError, OSError) as error:
            if getattr(error, "code", None) == errno.EEXIST:  # another session's walk: its link is not ours to remove
                raise WorkshopError(f"The link {LINK} is there already.", "Is another walk under way?") from None
            raise CannotHere(f"Nobody outside can be wired to this machine ({error}).", "`doctor` says more.") from None
        try:
            yield namespace
        finally:
            host.run(_unplug)
    finally:
        namespace.close()


def _plug_in(namespace: Namespace) -> None:
    with IPRoute() as ip:
        taken = [ipaddress.ip_interface(f"{row.get('address')}/32").ip for row in ip.get_addr(family=2)]
        subnet = next(each for each in POOL.subnets(new_prefix=30) if not any(one in each for one in taken))
        gateway, address = subnet.hosts()
        ip.link("add", ifname=LINK, kind="veth", peer={"ifname": "eth0", "net_ns_fd": namespace.descriptor})
        try:
            index = ip.link_lookup(ifname=LINK)[0]
            ip.addr("add", index=index, address=str(gateway), prefixlen=30)
            ip.link("set", index=index, state="up")
            namespace.run(lambda: _settle_in(str(address), str(gateway)))
        except BaseException:
            _unplug()
            raise


def _settle_in(address: str, gateway: str) -> None:
    with IPRoute() as ip:
        index = ip.link_lookup(ifname="eth0")[0]
        for each in (1, index):
            ip.link("set", index=each, state="up")
        ip.addr("add", index=index, address=address, prefixlen=30)
        ip.route("add", dst="default", gateway=gateway)


def _unplug() -> None:
    with IPRoute() as ip:
        for index in ip.link_lookup(ifname=LINK):
            with contextlib.suppress(NetlinkError):
                ip.link("del", index=index)
