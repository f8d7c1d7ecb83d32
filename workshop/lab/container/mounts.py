"""The files that a container sees: the machine's own, to be read only, and what is its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from workshop.lab.container import system, volumes
from workshop.lab.container.read_only import make_all_read_only
from workshop.lab.container.system import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
)

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DEVICE_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
SCRATCH = ("/tmp", "/var/tmp", "/run", "/var/run")
"""Folders that each container has for itself, empty. /run holds the sockets of the machine's own services."""

SYSCTLS = {
    "net/ipv4/ping_group_range": ("0 2147483647", "0 0"),
    "net/ipv4/ip_unprivileged_port_start": ("0",),
}
"""What Docker sets in a container's network namespace; the second value where a user namespace knows no other group."""

_PLAIN = MS_NOSUID | MS_NODEV | MS_NOEXEC


def set_up_common(sandboxes: str, programs: Iterable[str], applets: str) -> None:
    """Make a mount namespace with all that containers have in common, which each of them then has a copy of.

    ``sandboxes`` is where sandboxes are mounted: no container may keep them alive. ``programs`` are the folders that
    get the stand-ins in ``applets`` behind their own programs.

    :raises OSError: if it cannot be made safe.
    """
    system.unshare(system.CLONE_NEWNS)
    system.mount("none", "/", None, MS_REC | MS_PRIVATE)
    with suppress(OSError):
        system.detach(sandboxes)
    for folder in programs:
        with suppress(OSError):
            system.mount("overlay", folder, "overlay", MS_RDONLY, f"lowerdir={folder}:{applets}")
    _make_dev()
    make_all_read_only()


def set_up_own(
    files: Iterable[tuple[str, str]],
    needed: Iterable[str],
    own_network: bool,
    places: Sequence[volumes.Place] = (),
) -> None:
    """Give this process a copy of those mounts, and what is its own: proc, sys, terminals, memory, /tmp, /run.

    ``files`` are pairs of a file and where it is to be seen, ``places`` those of volumes. What is ``needed`` of the
    machine's /tmp or /run stays.
    """
    system.unshare(system.CLONE_NEWNS)
    with suppress(OSError):  # inside some containers neither is allowed: then the lab's is seen, read-only
        system.mount("proc", "/proc", "proc", _PLAIN)
        if own_network:
            _set_sysctls()
        system.mount("none", "/proc", None, MS_REMOUNT | MS_BIND | MS_RDONLY | _PLAIN)
    with suppress(OSError):
        system.mount("sysfs", "/sys", "sysfs", _PLAIN | MS_RDONLY)
    _mount_terminals()
    with suppress(OSError):
        system.mount("shm", "/dev/shm", "tmpfs", _PLAIN, "mode=1777,size=64m")
    folders = sorted({path for path in map(os.path.realpath, needed) if _is_scratch(path)})
    sources = [*(source for source, _ in files), *(place.source for place in places)]
    with volumes.held([*folders, *sources]) as held:
        _make_scratch()
        for path in filter(held.get, folders):
            Path(path).mkdir(parents=True, exist_ok=True)
            system.mount(held[path], path, None, MS_BIND | MS_REC)
        volumes.place_all(places, held, _is_scratch)
        for source, target in files:
            with suppress(OSError):
                system.mount(held[source], _file_at(target), None, MS_BIND)


def _make_dev() -> None:
    """A /dev that has only what every container needs, by binding it, as nobody but root may make devices."""
    with volumes.held([f"/dev/{name}" for name in DEVICES]) as devices:
        system.mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k")
        for path, place in devices.items():
            Path(path).touch()
            system.mount(place, path, None, MS_BIND)
    for name, target in DEVICE_LINKS.items():
        Path("/dev", name).symlink_to(target)
    for name in ("pts", "shm"):
        Path("/dev", name).mkdir()


def _mount_terminals() -> None:
    plain = "newinstance,ptmxmode=0666,mode=0620"
    for options in (f"{plain},gid=5", plain):  # a user namespace may not know the group `tty`
        with suppress(OSError):
            system.mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options)
            return


def _set_sysctls() -> None:
    for name, values in SYSCTLS.items():
        for value in values:
            with suppress(OSError):
                Path("/proc/sys", name).write_text(value)
                break


def _make_scratch() -> None:
    for folder in map(Path, SCRATCH):
        if folder.is_dir() and not folder.is_symlink():
            mode = "755" if folder.name == "run" else "1777"
            system.mount("tmpfs", str(folder), "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode},size=64m")
    with suppress(OSError):
        Path("/run/lock").mkdir()
        Path("/run/lock").chmod(0o1777)


def _is_scratch(path: str) -> bool:
    return path.startswith(tuple(f"{folder}/" for folder in SCRATCH))


def _file_at(target: str) -> str:
    """The file that ``target`` leads to; if that is in a folder that is new, it is made there."""
    path = os.path.realpath(target)
    if _is_scratch(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    return path
