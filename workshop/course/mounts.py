"""Which file system a path is on, and whether it tells of changes."""

from __future__ import annotations

import os
from pathlib import Path

SILENT = {
    "9p", "afs", "ceph", "cifs", "drvfs", "fakeowner", "lustre", "ncpfs", "nfs", "nfs4", "prl_fs", "prl_vm", "smb3",
    "smbfs", "vboxsf", "virtiofs", "vmhgfs",
}  # fmt: skip
"""File systems on which others may write without this kernel's knowledge; ``fuse`` and its kinds are further ones."""


def silent(path: Path) -> str:
    """Why the file system at ``path`` may not tell of changes, in a few words; empty if it does."""
    kind = kind_of_file_system(path)
    if kind in SILENT or kind == "fuse" or kind.startswith("fuse."):
        return f"the file system is {kind}, which does not always tell of changes"
    return ""


def kind_of_file_system(path: Path, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """The file system that ``path`` is on, as the kernel calls it; empty if nobody knows."""
    best, kind = -1, ""
    place = os.path.realpath(path)
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        words = line.split(" ")
        try:
            point, found = _plain(words[4]), words[words.index("-") + 1]
        except (IndexError, ValueError):
            continue
        if (place == point or place.startswith(point.rstrip("/") + "/")) and len(point) >= best:
            best, kind = len(point), found
    return kind


def _plain(text: str) -> str:
    """A path of mountinfo, in which blanks and the like are written as octal numbers."""
    return text.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")
