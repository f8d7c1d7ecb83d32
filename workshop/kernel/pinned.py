"""Network namespaces that outlive the process that made them: each is mounted on a file, as ``ip netns add`` does it.

Those in ``FOLDER`` can be had by their file's name: ``ip netns exec NAME ip link``.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from pathlib import Path

from workshop.kernel.mounts import MS_BIND, MS_REC, MS_SHARED, mount, unmount
from workshop.kernel.namespaces import Namespace, device

FOLDER = Path("/run/netns")


def make(path: Path) -> Namespace:
    """A new, empty namespace at ``path``. Raises OSError: it needs CAP_SYS_ADMIN."""
    made = Namespace.create()
    made.name = path.name
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if path.parent == FOLDER:
            _share()
        path.touch(mode=0o444)
        mount(f"/proc/self/fd/{made.descriptor}", str(path), None, MS_BIND)
    except OSError:
        made.close()
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return made


def at(path: Path) -> Namespace | None:
    """The namespace at ``path``, or ``None``. A file on which none is mounted is what a restart of the machine left."""
    try:
        found = Namespace.at(path)
    except OSError:
        return None
    if found.key[0] == device():
        found.name = path.name
        return found
    found.close()
    return None


def remove(path: Path) -> bool:
    """Let go of the namespace at ``path``; say whether there was anything. It ends when nobody else is in it."""
    unmount(path)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _share() -> None:
    """Let ``FOLDER`` be a mount that is shared, as ``ip netns add`` has it. If that did so later, what is pinned there
    by then would be mounted twice, and once out of reach: neither namespace nor file could be removed.
    """
    lock = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # ip takes it, too
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            mount("none", str(FOLDER), None, MS_SHARED | MS_REC)
        except OSError as error:
            if error.errno != errno.EINVAL:  # it is no mount
                raise
            mount(str(FOLDER), str(FOLDER), None, MS_BIND | MS_REC)
            mount("none", str(FOLDER), None, MS_SHARED | MS_REC)
    finally:
        os.close(lock)
