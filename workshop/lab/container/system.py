"""The system calls that Python has no names for. Each raises OSError."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x04000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 0x20, 0x1000
MS_MOVE, MS_REC, MS_UNBINDABLE, MS_PRIVATE, MNT_DETACH = 0x2000, 0x4000, 0x20000, 0x40000, 2
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
_SYS_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_ATTR_RDONLY = (1).to_bytes(8, "little") + bytes(24)  # struct mount_attr: what to set, to clear, propagation, user
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Go on in new namespaces."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, flag: int) -> None:
    """Go on in the namespace that ``descriptor`` refers to."""
    _check(_libc.setns(descriptor, flag), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount ``source`` on ``target``."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    _check(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount on {target}")


def detach(path: str) -> None:
    """Take away what is mounted on ``path``, even if it is in use."""
    _check(_libc.umount2(os.fsencode(path), MNT_DETACH), f"umount {path}")


def all_read_only() -> None:
    """Make every mount of this mount namespace read-only, at once. Kernels before 5.12 do not know how."""
    size = ctypes.c_size_t(len(_ATTR_RDONLY))
    result = _libc.syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, b"/", _AT_RECURSIVE, _ATTR_RDONLY, size)
    _check(result, "mount_setattr")


def die_with_parent(number: int) -> None:
    """Have a signal sent to this process when its parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "prctl")


def call_oneself(name: str) -> None:
    """Give this process the name that ``ps`` shows."""
    _check(_libc.prctl(_PR_SET_NAME, os.fsencode(name), 0, 0, 0), "prctl")


def prctl(option: int, *words: int) -> int:
    """The call of that name, for what has no name here."""
    return _check(_libc.prctl(option, *map(ctypes.c_ulong, (*words, 0, 0, 0, 0)[:4])), "prctl")


def capget() -> tuple[int, int, int]:
    """This process's capabilities as bit masks: effective, permitted, inheritable."""
    head, data = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0), (ctypes.c_uint32 * 6)()
    _check(_libc.capget(head, data), "capget")
    effective, permitted, inheritable = (data[place] | data[place + 3] << 32 for place in range(3))
    return effective, permitted, inheritable


def capset(effective: int, permitted: int, inheritable: int) -> None:
    """Set this process's capabilities, as bit masks."""
    masks = (effective, permitted, inheritable)
    low, high = [mask & 0xFFFFFFFF for mask in masks], [mask >> 32 for mask in masks]
    head, data = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0), (ctypes.c_uint32 * 6)(*low, *high)
    _check(_libc.capset(head, data), "capset")


_CAP_VERSION = 0x20080522
