"""What the learner's process may do: its namespaces, capabilities and limits. Runs in that process, before its code."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import struct
from pathlib import Path

from workshop.kernel.mounts import MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_REC, mount
from workshop.kernel.namespaces import CLONE_NEWNET, CLONE_NEWNS, setns, unshare

CLONE_NEWUTS, CLONE_NEWIPC = 0x04000000, 0x08000000
MS_SLAVE = 0x80000
_PDEATHSIG, _CAPBSET_DROP = 1, 24
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)

MB = 1 << 20
MEMORY = 512 * MB
"""Bytes of memory that the learner's process may write to."""

LIMITS = {
    # RLIMIT_DATA counts what is really taken. RLIMIT_AS alone would count what libraries only reserve, such as 128 MB
    # for every thread; it is there for what RLIMIT_DATA does not see, memory that is shared.
    resource.RLIMIT_DATA: MEMORY,
    resource.RLIMIT_AS: 4 * MEMORY,
    resource.RLIMIT_FSIZE: 64 * MB,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_CORE: 0,
}
"""The limits of each process. That of processes (RLIMIT_NPROC) holds for no root, and counts what is not the learner's
as well: see ``population``, which is better."""

PROCESSES = 512
"""Processes of this user, where the learner's cannot be counted from outside."""

KEPT = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,  # with sudo, the learner's folder belongs to somebody else than root
    "FOWNER": 3,
    "SETGID": 6,  # `sudo ip …`, as it stands in many a recipe, changes its groups first
    "SETUID": 7,
    "NET_BIND_SERVICE": 10,
    "NET_ADMIN": 12,
    "NET_RAW": 13,  # iptables speaks to the kernel over a raw socket
    "SYS_ADMIN": 21,  # to enter a sandbox by its SandboxKey
}
"""The capabilities that networking needs. Without the others, above all SYS_PTRACE, SYS_MODULE, SYS_BOOT, SYS_TIME, BPF
and KILL, root has no more power over the plugin's process or the machine than an ordinary user has; what it started
itself it may always kill. In a lab without root these are only rights in the lab's namespaces."""


def die_with_parent() -> None:
    """Be killed by the kernel when the zygote ends: it ends when the plugin's process does, however that ended."""
    _libc.prctl(_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def confine(network: int) -> int | None:
    """Enter the network namespace, get mounts of one's own, give up rights, take the limits.

    Gives a descriptor of ``/proc`` as this PID namespace sees it, for the plugin to watch from outside, or ``None``
    where the machine allows no ``/proc`` of one's own, as inside of some containers.

    :raises OSError: if a namespace is refused.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")  # where memory is short, this goes first
    setns(network, CLONE_NEWNET)
    unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)
    processes = _own_mounts()
    limits = LIMITS if processes is not None else LIMITS | {resource.RLIMIT_NPROC: PROCESSES}
    for limit, most in limits.items():
        with contextlib.suppress(ValueError):  # the user's own limit is lower still
            resource.setrlimit(limit, (most, most))
    _drop_capabilities()
    return processes


def _own_mounts() -> int | None:
    # a slave: sandboxes that are mounted later are seen here as well, and those unmounted are not kept alive
    mount("none", "/", None, MS_REC | MS_SLAVE)
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    with contextlib.suppress(OSError):
        mount("sysfs", "/sys", "sysfs", flags)  # its /sys/class/net shows the namespace of whoever mounts it
    try:
        mount("proc", "/proc", "proc", flags)
    except OSError:
        return None
    return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _drop_capabilities() -> None:
    status = Path("/proc/self/status").read_text()
    kept = sum(1 << number for number in KEPT.values()) & int(status.partition("CapPrm:")[2].split()[0], 16)
    for number in range(64):  # what programs that it starts could get back
        if number not in KEPT.values() and _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0) != 0:
            break  # more than this kernel has
    low, upper = kept & 0xFFFFFFFF, kept >> 32
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if _libc.capset(header, struct.pack("=6I", low, low, 0, upper, upper, 0)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"capset: {os.strerror(number)}")


def high(descriptor: int) -> int:
    """The same descriptor at a number where nobody's loop over the first few meets it, not inherited by programs."""
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 200)


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor from 3 on that is not in ``kept``."""
    before = 2
    for descriptor in [*sorted(kept), 1 << 16]:
        if descriptor > before + 1:
            os.closerange(before + 1, descriptor)
        before = descriptor


def offer(connection: socket.socket, message: bytes, descriptor: int | None) -> None:
    """Send a message, and a descriptor if there is one."""
    if descriptor is None:
        connection.sendall(message)
    else:
        socket.send_fds(connection, [message], [descriptor])
        os.close(descriptor)
