"""A cable whose one end is a parent: what tests of macvlan and ipvlan stand on."""

from __future__ import annotations

from workshop.kernel.kernel import Kernel

PARENT, FAR_END = "p0", "p1"


def lay_cable(kernel: Kernel, *, up: bool = True) -> None:
    """Make a pair of links; one end is to be a parent, the other is the world."""
    kernel.link("add", ifname=PARENT, kind="veth", peer={"ifname": FAR_END})
    for name in (PARENT, FAR_END) if up else ():
        kernel.link("set", index=kernel.index(name), state="up")


def of(kernel: Kernel, name: str, what: str) -> object:
    """One of the settings of a link's kind, such as ``macvlan_mode``."""
    link = kernel.find(name)
    assert link is not None, f"there is no link {name}"
    return link.get(("linkinfo", "data", what))
