"""Network namespaces that outlive the process that made them: each is mounted on a file, as ``ip netns add`` does it.

Those in ``FOLDER`` can be had by their file's name: ``ip netns exec NAME ip link``.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from workshop.kernel.mounts import MS_BIND, MS_REC, MS_SHARED, mount, unmount
from workshop.kernel.namespaces import Namespace

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


def _share() -> None:
    """Let ``FOLDER`` be a mount of its own, as ``ip netns add`` has it. Else it makes it one later, on top of ours:
    then there are two of each namespace, and the one below can be removed by nobody.
    """
    folder = str(FOLDER)
    try:
        mount("", folder, "none", MS_SHARED | MS_REC)
    except OSError:  # it is none yet
        mount(folder, folder, "none", MS_BIND | MS_REC)
        mount("", folder, "none", MS_SHARED | MS_REC)


def at(path: Path) -> Namespace | None:
    """The namespace at ``path``, or ``None``. A file on which none is mounted is what a restart of the machine left."""
    try:
        found = Namespace.at(path)
    except OSError:
        return None
    if found.key[0] == Path("/proc/self/ns/net").stat().st_dev:
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
