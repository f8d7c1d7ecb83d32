"""A cable between two engines: a pair of links with addresses, so that networks can reach across."""

from __future__ import annotations

from tests.support.shell import inside, path_of
from workshop.kernel.namespaces import Namespace

NEAR4, FAR4, NEAR6, FAR6 = "10.78.0.1", "10.78.0.2", "fd00:78::1", "fd00:78::2"
"""The addresses at both ends."""

LINK = "wire1"
"""What both ends are called."""


class Cable:
    """Joins two namespaces; ``down`` takes it away."""

    def __init__(self, near: Namespace, far: Namespace) -> None:
        self._near = near
        inside(near, *f"ip link add {LINK} type veth peer name {LINK} netns {path_of(far)}".split())
        for namespace, v4, v6 in ((near, NEAR4, NEAR6), (far, FAR4, FAR6)):
            inside(namespace, "ip", "addr", "add", f"{v4}/24", "dev", LINK)
            inside(namespace, "ip", "addr", "add", f"{v6}/64", "dev", LINK, "nodad")
            inside(namespace, "ip", "link", "set", LINK, "up")

    def down(self) -> None:
        """Take it away; the kernel removes both ends."""
        inside(self._near, "ip", "link", "del", LINK, check=False)
