"""What root may do in a container: Docker's default set, and what ``--cap-add`` and ``--cap-drop`` make of it."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from workshop.lab.container import system

# fmt: off
NAMES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)
"""The kernel's capabilities; each one's place is its number."""

DEFAULT = (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
)
# fmt: on
"""Docker's default set but MKNOD: a container of the lab sees the machine's own devices."""

MORE = ("NET_ADMIN", "NET_BROADCAST")
GRANTED = (*DEFAULT, *MORE)
"""What a container may have at most: nothing that reaches beyond its own network. ``ALL`` stands for these."""

_PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL = 24, 47, 4


class Unknown(ValueError):
    """There is no such capability, or none that the lab gives; the text says which."""


def mask(names: Iterable[str]) -> int:
    """Capabilities as the kernel's bit mask."""
    return sum(1 << NAMES.index(name) for name in set(names))


def named(words: Iterable[str]) -> list[str]:
    """Capabilities as people write them (``net_admin``, ``CAP_NET_ADMIN``, ``all``), in the form of ``NAMES`` or
    ``ALL``.

    :raises Unknown: in Docker's words.
    """
    found = []
    for word in words:
        name = word.upper().removeprefix("CAP_")
        if name != "ALL" and name not in NAMES:
            raise Unknown(f'unknown capability: "CAP_{name}"')
        found.append(name)
    return found


def chosen(add: Iterable[str] = (), drop: Iterable[str] = ()) -> int:
    """The bit mask of a container's capabilities: the default ones, without ``drop``, with ``add``.

    Raises Unknown, also for one that no container of the lab gets.
    """
    added, dropped = named(add), named(drop)
    for name in added:
        if name != "ALL" and name not in GRANTED:
            raise Unknown(
                f"the practice engine gives no CAP_{name}, as its containers have this machine's own files; beyond "
                f"Docker's default capabilities it gives {' and '.join(MORE)}"
            )
    if "ALL" in added:
        return mask(set(GRANTED) - set(dropped))
    kept = set() if "ALL" in dropped else set(DEFAULT) - set(dropped)
    return mask(kept | set(added))


def drop_to(wanted: int) -> None:
    """Keep these capabilities and no others, in this process and all that come of it. Raises OSError.

    As Docker has it: they are in the bounding, the permitted and the effective set, the inheritable one is empty.
    """
    for number in range(64):
        if not wanted >> number & 1:
            try:
                system.prctl(_PR_CAPBSET_DROP, number)
            except OSError as error:
                if error.errno == errno.EINVAL:  # the kernel knows no more of them
                    break
                raise
    system.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    _, permitted, _ = system.capget()
    system.capset(wanted & permitted, wanted & permitted, 0)
