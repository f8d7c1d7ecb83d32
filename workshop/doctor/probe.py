"""Tries out the kernel in private namespaces: ``python -m workshop.doctor.probe [--nobody]``.

Prints one JSON object: for each thing an error, or null if it works. All that is made ends with the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.kernel.namespaces import CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, unshare

NOBODY = 65534
_PR_SET_DUMPABLE = 4
_LOWER, _OTHER = "ws-lower", "ws-other"
"""Two ends of a cable to stand on: one link carries macvlan or ipvlan, never both."""

LINKS: dict[str, dict[str, Any]] = {
    "bridge": {},
    "veth": {"peer": {"ifname": "ws-peer"}},
    "dummy": {},
    "vxlan": {"vxlan_id": 42, "vxlan_port": 4789},
    "macvlan": {"macvlan_mode": "bridge", "link": _LOWER},
    "ipvlan": {"ipvlan_mode": 0, "link": _OTHER},
    "vlan": {"vlan_id": 10, "link": _LOWER},
}
"""Each kind of link, with what it is made of; ``link`` names the one that it stands on."""


def try_out() -> dict[str, str | None]:
    """What works in new namespaces, as the lab makes them. The calling process is in them afterwards."""
    from pyroute2 import IPRoute

    found: dict[str, str | None] = {"namespace": _error_of(_enter)}
    if found["namespace"] is not None:
        return found
    with IPRoute() as ip:
        ip.link("add", ifname=_LOWER, kind="veth", peer={"ifname": _OTHER})
        index = {name: ip.link_lookup(ifname=name)[0] for name in (_LOWER, _OTHER)}
        for kind, about in LINKS.items():
            asked = {key: index[value] if key == "link" else value for key, value in about.items()}
            found[kind] = _error_of(
                lambda kind=kind, asked=asked: ip.link("add", ifname=f"ws-{kind}", kind=kind, **asked)
            )
    found["nf_tables"] = _error_of(_make_table)
    return found


def _enter() -> None:
    uid, gid = os.geteuid(), os.getegid()
    flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID
    if uid == 0:
        unshare(flags)
    else:
        unshare(flags | CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    from pyroute2 import IPRoute

    with IPRoute() as ip:  # AppArmor may let a user make the namespaces and forbid to use them
        ip.link("add", ifname="ws-first", kind="bridge")


def _make_table() -> None:
    """Make an nftables table by netlink, in one batch: no program is needed for it."""
    family = struct.pack("=BBH", 2, 0, 0)
    batch = struct.pack("=BBH", 0, 0, socket.htons(10))  # NFNL_SUBSYS_NFTABLES
    name = b"ws-probe\0"
    attribute = struct.pack("=HH", 4 + len(name), 1) + name
    attribute += b"\0" * (-len(attribute) % 4)
    parts = (
        (0x10, 0x1, batch),  # NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST
        (10 << 8, 0x405, family + attribute),  # NFT_MSG_NEWTABLE; NLM_F_REQUEST, ACK, CREATE
        (0x11, 0x1, batch),
    )
    messages = b"".join(
        struct.pack("=IHHII", 16 + len(body), kind, flags, number, 0) + body
        for number, (kind, flags, body) in enumerate(parts, 1)
    )
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:  # NETLINK_NETFILTER
        netlink.settimeout(1)
        netlink.bind((0, 0))
        netlink.send(messages)
        answer = netlink.recv(4096)
    code = struct.unpack_from("=i", answer, 16)[0]
    if code:
        raise OSError(-code, os.strerror(-code))


def _error_of(action: Callable[[], Any]) -> str | None:
    try:
        action()
    except Exception as error:
        text = getattr(error, "strerror", None) or (os.strerror(error.code) if hasattr(error, "code") else str(error))
        return " ".join(text.split()) or type(error).__name__
    return None


def _become_nobody() -> None:
    with contextlib.suppress(OSError):
        os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # else /proc/self belongs to root


def main() -> None:
    """Try out, and print what was found as JSON."""
    import pyroute2  # noqa: F401  nobody may not be able to read where it is installed

    if "--nobody" in sys.argv[1:]:
        _become_nobody()
    print(json.dumps(try_out()), flush=True)


if __name__ == "__main__":
    main()
