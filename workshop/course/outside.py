"""What a scenario needs beside what Docker makes, for as long as it needs it: outside of the hosts, and on this one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from workshop.kernel.kernel import Kernel
from workshop.kernel.namespaces import Namespace

if TYPE_CHECKING:
    from workshop.course.station import Station

_STRANGER = "workshop course: a stranger"
"""The alias of a bridge that is nobody's."""


class Outside:
    """Part of ``Run``, which has what is used here."""

    station: Station
    _open: ExitStack

    def stranger(self, name: str, address: str) -> str:
        """A bridge on this host that no driver has made, such as that of virtual machines; until the scenario ends.

        Gives what it is called: ``name``, or where the machine has one of that name, that and a number.
        """
        kernel = self.station.plugin.host.kernel
        left = kernel.find(name)
        if left is not None and left.get("ifalias") == _STRANGER:
            kernel.remove(name)  # of a course that was killed
        name = next(
            each
            for each in itertools.chain([name], (f"{name}{n}" for n in itertools.count(2)))
            if kernel.index(each) is None
        )
        kernel.link("add", ifname=name, kind="bridge", state="up")
        self._open.callback(kernel.remove, name)
        index = kernel.index(name)
        kernel.link("set", index=index, ifalias=_STRANGER)
        host, _, length = address.partition("/")
        kernel.addr("add", index=index, address=host, prefixlen=int(length))
        return name

    def switch_sends_back(self) -> AbstractContextManager[None]:
        """In a ``with``: the switch outside sends frames back by the port by which they came, as VEPA wants it."""
        return sending_back(self.station.outside)

    def outside_knows(self, subnet: str) -> AbstractContextManager[None]:
        """In a ``with``: those outside know that a subnet is behind this host."""
        host = self.station.address6 if ":" in subnet else self.station.address
        return knowing(self.station.outside, subnet, host)


@contextmanager
def sending_back(outside: Namespace) -> Iterator[None]:
    """Have the switch send back what is for a neighbour behind the port by which it came, as VEPA wants it."""
    kernel = Kernel(outside)
    try:
        ports = [link["index"] for link in kernel.links() if link.get(("linkinfo", "slave_kind")) == "bridge"]
        for index in ports:
            kernel.brport("set", index=index, mode=1)
        try:
            yield
        finally:
            for index in ports:
                kernel.brport("set", index=index, mode=0)
    finally:
        kernel.close()


@contextmanager
def knowing(outside: Namespace, subnet: str, host: str) -> Iterator[None]:
    """Have those outside know that a subnet is behind a host, as the administrator of that network would tell them."""
    kernel = Kernel(outside)
    try:
        kernel.route("add", dst=subnet, gateway=host)
        try:
            yield
        finally:
            kernel.route("del", dst=subnet, gateway=host)
    finally:
        kernel.close()
