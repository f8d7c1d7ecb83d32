"""Which kinds of links this kernel has, found by making one in a namespace that nobody sees."""

from __future__ import annotations

import errno
import functools
from typing import Any

from pyroute2 import IPRoute

from workshop.kernel.kernel import NetlinkError
from workshop.kernel.namespaces import Namespace

_LOWER, _OTHER, _UPPER = "ws-lower", "ws-other", "ws-upper"

_ALONE: dict[str, dict[str, Any]] = {"vxlan": {"vxlan_id": 42, "vxlan_port": 4789}}
"""Kinds that sit on no other link, with what they are made of."""


@functools.cache
def lacks(kind: str) -> bool:
    """Whether the kernel has no links of this kind, such as ``ipvlan`` or ``vxlan``.

    A kernel that has it as a module loads it for this. Raises OSError where no namespace can be made.
    """
    namespace = Namespace.create()
    try:
        return namespace.run(lambda: _cannot_make(kind))
    finally:
        namespace.close()


def _cannot_make(kind: str) -> bool:
    with IPRoute() as ip:
        ip.link("add", ifname=_LOWER, kind="veth", peer=_OTHER)
        made_of = _ALONE.get(kind) or {"link": ip.link_lookup(ifname=_LOWER)[0]}
        try:
            ip.link("add", ifname=_UPPER, kind=kind, **made_of)
        except NetlinkError as error:  # another error is about what it was told, and not about the kind
            return error.code == errno.EOPNOTSUPP
    return False
