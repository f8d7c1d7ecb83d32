"""What runs now: one small file that lets `calls`, `docker` and `topology` find the plugin that is at work.

It is in the user's own runtime folder, which nobody else may read: the dashboard's address has its token.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError

NAME = "docker-network-workshop"
FILE = "session.json"
_written: str | None = None


def user_id() -> int:
    """The user as the machine knows them: in the lab's user namespace, root is who started it."""
    uid = os.getuid()
    try:
        lines = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return uid
    for line in lines:
        inside, outside, count = (int(word) for word in line.split())
        if inside <= uid < inside + count:
            return outside + uid - inside
    return uid


def runtime_dir() -> Path:
    """Where ``session.json`` and the lab's sockets are. It is not made by asking for it."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_absolute() and Path(base).is_dir():
        return Path(base) / NAME
    return Path(f"/tmp/{NAME}-{user_id()}")


def state_dir() -> Path:
    """Where store and journal are kept if the command line does not say. It is not made by asking for it."""
    return Path(f"/var/lib/{NAME}") if user_id() == 0 else Path.home() / ".local/state" / NAME


def make_runtime_dir() -> Path:
    """The runtime folder, made if need be, readable by its owner only.

    :raises WorkshopError: if there is something else at its place, or it belongs to someone else.
    """
    path = runtime_dir()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_ours(path, mode=None) and not _is_ours(path):
            path.chmod(0o700)
    except OSError as error:
        raise WorkshopError(
            f"{path} cannot be made ({error.strerror}).", "Set XDG_RUNTIME_DIR to a folder of yours."
        ) from None
    if not _is_ours(path):
        raise WorkshopError(
            f"{path} belongs to someone else.", "Remove it, or set XDG_RUNTIME_DIR to a folder of yours."
        )
    return path


def write(**fields: Any) -> None:
    """Say what runs now: ``command``, ``dashboard``, ``journal``, ``engine``, ``plugin``; the rest is null.

    ``pid`` is this process unless it is given, as the lab does: seen from outside of its PID namespace.
    """
    global _written
    pid = fields.pop("pid", None)
    known = dict.fromkeys(("command", "dashboard", "journal", "engine", "plugin"))
    # A pid that was given is the outside's: what this process sees under that number may be someone else.
    started = _start_of(os.getpid()) if pid is None else None
    entry = {"pid": int(pid or os.getpid()), **known, **fields, "started": started}
    path = make_runtime_dir() / FILE
    new = path.with_name(f".session.{os.getpid()}")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    _written = json.dumps(entry, default=str)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_written)
    new.replace(path)


def current() -> dict[str, Any] | None:
    """What runs now, or ``None``: no session, one that has died, or a file that is not to be trusted."""
    folder = runtime_dir()
    if not _is_ours(folder):
        return None
    try:
        entry = json.loads((folder / FILE).read_text(encoding="utf-8"))
        pid = int(entry["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    started = _start_of(pid)
    if started is None or entry.get("started") not in (None, started):
        return None
    return entry


def remove() -> None:
    """Forget the session that this process wrote. One that another has written since stays."""
    global _written
    path = runtime_dir() / FILE
    with contextlib.suppress(OSError):
        if _written is not None and _is_ours(path.parent) and path.read_text(encoding="utf-8") == _written:
            path.unlink()
    _written = None


def _is_ours(path: Path, mode: int | None = 0o700) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return own and mode in (None, stat.S_IMODE(status.st_mode))


def _start_of(pid: int) -> int | None:
    """When a process started, in the kernel's ticks, or ``None`` if it is gone. Pids are given anew."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])
