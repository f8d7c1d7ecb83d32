"""Checks of the kernel: namespaces, kinds of links, forwarding, protocols."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from workshop.doctor.check import Result, Status, ok, problem, warning
from workshop.doctor.machine import Machine
from workshop.kernel import kinds

ALLOW_USERS = (
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "1"),
    ("/proc/sys/user/max_user_namespaces", "0", "15000"),
)
"""Switches of the kernel, with the value that forbids user namespaces and one that allows them."""


def namespaces(machine: Machine) -> Result:
    """Whether this user can make network namespaces and a bridge in them: all that the lab needs."""
    error = machine.tried()["namespace"]
    if error is None:
        return ok("root can make and use network namespaces" if machine.root else "can be made, and used")
    if machine.root:
        return problem(error, "Root lacks CAP_SYS_ADMIN here; start the container with --privileged.")
    return problem(error, f"{_allow(machine)} Or run the command with sudo.")


def user_namespaces(machine: Machine) -> Result:
    """Whether a user without privileges can make user namespaces and use them."""
    error = machine.tried(nobody=machine.root)["namespace"]
    if error is None:
        return ok("an unprivileged user can make and use them")
    return warning(error, f"{_allow(machine)} Until then, only root can run the lab.")


def _allow(machine: Machine) -> str:
    for path, forbids, allows in ALLOW_USERS:
        if machine.read(path) == forbids:
            name = path.removeprefix("/proc/sys/").replace("/", ".")
            return f"`sudo sysctl {name}={allows}` allows it to users."
    return "This machine forbids user namespaces to users."


def link(kind: str, needed: bool) -> Callable[[Machine], Result]:
    """A probe that says whether the kernel has a kind of link."""

    def probe(machine: Machine) -> Result:
        tried = machine.tried()
        if kind not in tried:
            return warning("not tried: it needs network namespaces", "See the check named namespaces.")
        if tried[kind] is None:
            return ok("works")
        found = f"this kernel has no {kinds.called(kind)}" if tried[kind] == kinds.UNKNOWN else tried[kind]
        return (problem if needed else warning)(found, kinds.remedy(kind))

    return probe


def br_netfilter(machine: Machine) -> Result:
    """Whether bridged frames pass iptables. Neither is wrong, so it is told and not judged."""
    value = machine.read("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if value is None:
        return ok("not loaded: bridged frames do not pass iptables")
    return ok("on: bridged frames pass iptables" if value == "1" else "loaded, but off")


def ipv6(machine: Machine) -> Result:
    """Whether the kernel has IPv6, and it is not switched off."""
    disabled = machine.read("/proc/sys/net/ipv6/conf/default/disable_ipv6")
    if disabled is None:
        return warning("the kernel has none", "Start the kernel without ipv6.disable=1 for networks with IPv6.")
    if disabled == "1":
        return warning("switched off", "`sudo sysctl net.ipv6.conf.default.disable_ipv6=0` switches it on.")
    return ok("on")


def ip_forward(machine: Machine) -> Result:
    """Whether the machine forwards packets, which only real Docker needs: the lab has a switch of its own."""
    if machine.read("/proc/sys/net/ipv4/ip_forward") == "1":
        return ok("on")
    socket_path = machine.docker_socket
    if socket_path is None or not Path(socket_path).exists():
        return Result(Status.OK, "off (Docker switches it on when it starts)")
    return warning("off, though Docker is here", "`sudo sysctl net.ipv4.ip_forward=1` switches it on.")


def sctp(machine: Machine) -> Result:
    """Whether SCTP ports can be listened on. A module that is only on disk is not loaded for this."""
    release = machine.read("/proc/sys/kernel/osrelease") or ""
    if machine.read("/proc/net/sctp/snmp") is not None:
        return ok("loaded")
    if any(Path("/lib/modules", release, "kernel/net/sctp").glob("sctp.ko*")):
        return ok("there as a module")
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).close()
    except OSError as error:
        return warning(
            f"{error.strerror}",
            "Use a kernel with the module sctp to try published SCTP ports; TCP and UDP work.",
        )
    return ok("built into the kernel")
