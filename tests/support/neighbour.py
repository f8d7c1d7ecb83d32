"""Another host: a namespace that a cable joins with an engine's, to ask for ports from outside."""

from __future__ import annotations

from tests.support.shell import inside, path_of
from workshop.kernel.namespaces import Namespace

ENGINE4, NEIGHBOUR4, ENGINE6, NEIGHBOUR6 = "10.77.0.1", "10.77.0.2", "fd00:77::1", "fd00:77::2"
"""The addresses at both ends of the cable."""


class Neighbour:
    """The other host. It knows no way to the networks behind the engine unless ``route`` tells it one."""

    def __init__(self, engine: Namespace) -> None:
        self.namespace = Namespace.create()
        inside(
            *(engine, "ip", "link", "add", "wire0", "type", "veth"),
            *("peer", "name", "wire0", "netns", path_of(self.namespace)),
        )
        ends = ((engine, ENGINE4, ENGINE6), (self.namespace, NEIGHBOUR4, NEIGHBOUR6))
        for namespace, v4, v6 in ends:
            inside(namespace, "ip", "link", "set", "lo", "up")
            inside(namespace, "ip", "addr", "add", f"{v4}/24", "dev", "wire0")
            inside(namespace, "ip", "addr", "add", f"{v6}/64", "dev", "wire0", "nodad")
            inside(namespace, "ip", "link", "set", "wire0", "up")
        inside(engine, "ip", "route", "add", "default", "via", NEIGHBOUR4)
        inside(engine, "ip", "-6", "route", "add", "default", "via", NEIGHBOUR6)

    def route(self, destination: str, *, remove: bool = False) -> None:
        """Tell it that a network is behind the engine, or make it forget."""
        via = ENGINE6 if ":" in destination else ENGINE4
        inside(self.namespace, "ip", "route", "del" if remove else "add", destination, "via", via)

    def down(self) -> None:
        """Take it away; the kernel removes both ends of the cable."""
        inside(self.namespace, "ip", "link", "del", "wire0", check=False)
        self.namespace.close()
