"""Nothing that a container does may change a file of the machine: its file systems are the machine's own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from workshop.lab.container import system
from workshop.lab.container.system import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REMOUNT

KEPT_FLAGS = {
    "nosuid": MS_NOSUID,
    "nodev": MS_NODEV,
    "noexec": MS_NOEXEC,
    "nosymfollow": 0x100,
    "noatime": 0x400,
    "nodiratime": 0x800,
    "relatime": 0x200000,
}
"""Options of a mount that have to be said again when it is changed: in a user namespace they may not be dropped."""

_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")


def make_all_read_only() -> None:
    """Make every mount of this mount namespace read-only.

    :raises OSError: if something that can be written can neither be made read-only nor be hidden.
    """
    try:
        system.all_read_only()
    except OSError:
        one_by_one()


def one_by_one() -> None:
    """The same for kernels before 5.12. A mount that cannot be changed, or that another one hides, is passed over;
    what can be written afterwards all the same is hidden. Raises OSError.
    """
    found = list(mounts())
    for point, options in found:
        flags = sum(KEPT_FLAGS.get(option, 0) for option in options)
        with suppress(OSError):
            system.mount("none", point, None, MS_REMOUNT | MS_BIND | MS_RDONLY | flags)
    for point in dict.fromkeys(point for point, _ in found):
        if can_be_written(point):
            hide(point)


def mounts() -> Iterator[tuple[str, list[str]]]:
    """Where something is mounted, and its options, in the kernel's order."""
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        words = line.split(b" ")
        yield path_of(words[4]), words[5].decode().split(",")


def path_of(word: bytes) -> str:
    """A path out of a file in /proc, where blank, tab, line feed and backslash are written as octal numbers."""
    return os.fsdecode(_OCTAL.sub(lambda match: bytes([int(match[1], 8)]), word))


def can_be_written(point: str) -> bool:
    """Whether the mount that is seen at ``point`` is not read-only; False if there is no way to it."""
    try:
        return not os.statvfs(point).f_flag & os.ST_RDONLY
    except OSError:
        return False


def hide(point: str) -> None:
    """Mount something empty over a folder or file. Raises OSError."""
    if Path(point).is_dir():
        system.mount("tmpfs", point, "tmpfs", MS_RDONLY)
    else:
        system.mount("/dev/null", point, None, MS_BIND)
