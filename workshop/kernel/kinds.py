"""Kinds of links: those that a kernel may lack, how that is told, and what pyroute2 does not know of one."""

from __future__ import annotations

import errno
import os
from typing import ClassVar

from pyroute2.netlink import nla
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

IPVLAN_MODES = {"l2": 0, "l3": 1, "l3s": 2}
IPVLAN_FLAGS = {"bridge": 0, "private": 1, "vepa": 2}
"""The kernel's numbers for the modes of ipvlan, and for whether and how links of one parent reach each other."""

UNKNOWN = os.strerror(errno.EOPNOTSUPP)
"""What a kernel says of a kind of links that it does not have."""

_MODULES = {"vlan": "8021q"}
_NAMES = {"vlan": "VLAN links", "nf_tables": "nf_tables"}


def called(kind: str) -> str:
    """Links of a kind, as people call them."""
    return _NAMES.get(kind, f"{kind} links")


def remedy(kind: str) -> str:
    """What makes a kernel have links of this kind."""
    return f"Load it with `sudo modprobe {_MODULES.get(kind, kind)}`, or use a kernel that has it."


def is_lacking(error: NetlinkError) -> bool:
    """Whether the kernel refused to make a link because it knows none of that kind."""
    return error.code == errno.EOPNOTSUPP


def lacking(kind: str) -> str:
    """That this kernel has no links of this kind, with the remedy."""
    return f"this kernel has no {called(kind)}. {remedy(kind)}"


class _IPVLAN(nla):
    """The settings of an ipvlan link: pyroute2 0.9 knows the mode and not the flag."""

    prefix: ClassVar[str] = "IFLA_"
    nla_map = (("IFLA_IPVLAN_UNSPEC", "none"), ("IFLA_IPVLAN_MODE", "uint16"), ("IFLA_IPVLAN_FLAGS", "uint16"))


ifinfmsg.ifinfo.register_link_kind(module={"ipvlan": _IPVLAN})
