"""Writing in the learner's folder: whole or not at all, and as theirs, even where root does it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path

from workshop.errors import CannotHere


def cannot_write(path: Path, error: OSError) -> CannotHere:
    """What a person is told where a file or folder of the learner's cannot be used."""
    return CannotHere(
        f"{path} cannot be written ({error.strerror}).",
        "Make it writable, or make another folder, `python -m workshop init DIR`, and name it with --dir.",
    )


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``, or where a link there leads, so that everyone sees the old or the new, never half.

    Owner and rights stay those of what was there; a new file belongs to whom its folder belongs. Raises OSError.
    """
    path = Path(os.path.realpath(path))
    new = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _make_alike(new, path)
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def make_folder(path: Path) -> None:
    """A folder, with those above it, each belonging to whom the one above belongs. Raises OSError."""
    try:
        path.mkdir()
    except FileExistsError:
        if not path.is_dir():
            raise
    except FileNotFoundError:
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        own(path)
    else:
        own(path)


def own(path: Path) -> None:
    """Give what root made to whom its folder belongs: under sudo that is the learner, who is to edit it."""
    if os.geteuid() == 0:
        above = path.parent.stat()
        with contextlib.suppress(OSError):
            os.chown(path, above.st_uid, above.st_gid)


def _make_alike(new: Path, old: Path) -> None:
    try:
        was = old.stat()
    except FileNotFoundError:
        own(new)
        return
    new.chmod(was.st_mode & 0o7777)
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.chown(new, was.st_uid, was.st_gid)


def digest(content: bytes) -> str:
    """A short text that changes with the content."""
    return hashlib.sha256(content).hexdigest()[:16]
