"""What runs now: a small file for each session, by which `calls`, `docker` and `topology` find the plugin at work.

They are in the user's own runtime folder, which nobody else may read: the dashboard's address has its token.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from workshop.errors import CannotHere

NAME = "docker-network-workshop"
SESSIONS, LABS = "sessions", "labs"
"""In the runtime folder: a file ``<pid>.json`` for each session, a folder ``<pid>`` for each lab."""

_DETACH = 2

_written: tuple[Path, str] | None = None


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
    """Where the sessions' files and the labs' folders are. It is not made by asking for it."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_absolute() and Path(base).is_dir():
        return Path(base) / NAME
    return Path(f"/tmp/{NAME}-{user_id()}")


def lab_folder(pid: int) -> Path:
    """The folder of the lab that the process ``pid`` has, as those outside know it. It is not made by asking for it."""
    return runtime_dir() / LABS / str(pid)


def state_dir() -> Path:
    """Where store and journal are kept if the command line does not say. It is not made by asking for it."""
    return Path(f"/var/lib/{NAME}") if user_id() == 0 else Path.home() / ".local/state" / NAME


def make_runtime_dir() -> Path:
    """The runtime folder, made if need be, readable by its owner only.

    :raises CannotHere: if there is something else at its place, or it belongs to someone else.
    """
    path = runtime_dir()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_ours(path, mode=None) and not _is_ours(path):
            path.chmod(0o700)
    except OSError as error:
        raise CannotHere(
            f"{path} cannot be made ({error.strerror}).", "Set XDG_RUNTIME_DIR to a folder of yours."
        ) from None
    if not _is_ours(path):
        raise CannotHere(f"{path} belongs to someone else.", "Remove it, or set XDG_RUNTIME_DIR to a folder of yours.")
    return path


def identity() -> dict[str, int | None]:
    """This process as others know it: ``pid``, and when it ``started``. Ask before entering a PID namespace."""
    return {"pid": os.getpid(), "started": _start_of(os.getpid())}


def write(**fields: Any) -> None:
    """Say what runs now: ``command``, ``dashboard``, ``journal``, ``engine``, ``plugin``; the rest is null.

    ``pid`` and ``started`` are this process's unless they are given, as the lab does: seen from outside of its PID
    namespace. ``started`` is in the kernel's ticks, and null if nobody knows.
    """
    global _written
    # A pid that was given is the outside's: what this process sees under that number may be someone else.
    who = {"pid": int(fields["pid"]), "started": None} if fields.get("pid") else identity()
    known = dict.fromkeys(("command", "dashboard", "journal", "engine", "plugin"))
    entry = who | known | fields | {"pid": who["pid"]}
    folder = make_runtime_dir() / SESSIONS
    folder.mkdir(mode=0o700, exist_ok=True)
    path, new = folder / f"{entry['pid']}.json", folder / f".{entry['pid']}.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    text = json.dumps(entry, default=str)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
    _written = path, text


def running() -> list[dict[str, Any]]:
    """The sessions that run now, the newest first. Files that are not to be trusted are passed over."""
    found = []
    for path in _contents(SESSIONS):
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            if (entry := _entry(path)) is not None:
                found.append((path.stat().st_mtime_ns, entry))
    return [entry for _, entry in sorted(found, key=lambda each: each[0], reverse=True)]


def current(pid: int | None = None) -> dict[str, Any] | None:
    """The newest session that runs, or that of the process ``pid``; ``None`` if there is none."""
    return next((entry for entry in running() if pid in (None, entry["pid"])), None)


def remove() -> None:
    """Forget the session that this process wrote. What others have written stays."""
    global _written
    if _written is None:
        return
    path, text = _written
    _written = None
    with contextlib.suppress(OSError):
        if _is_ours(path.parent.parent) and path.read_text(encoding="utf-8") == text:
            path.unlink()


def sweep() -> None:
    """Remove what sessions that were killed have left: their files, and the folders of their labs.

    Not from within a lab, where the processes of others cannot be seen.
    """
    for path in _contents(SESSIONS):
        with contextlib.suppress(OSError):
            being_written = path.name.startswith(".") and lives(path.name.split(".")[1])
            if not being_written and _entry(path) is None:
                path.unlink()
    for folder in _contents(LABS):
        if not lives(folder.name):
            _let_go_of_mounts(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _let_go_of_mounts(folder: Path) -> None:
    """Detach what is mounted below a folder: a host of a lab that ran beside this machine's Docker may leave that."""
    with contextlib.suppress(OSError):
        points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for point in sorted(points, key=len, reverse=True):  # the inner ones first
            if point.startswith(f"{folder}/"):
                import ctypes  # takes its time, and is hardly ever needed

                ctypes.CDLL(None).umount2(os.fsencode(point), _DETACH)


def lives(pid: str) -> bool:
    """Whether there is a process with this number."""
    return pid.isdigit() and _start_of(int(pid)) is not None


def _entry(path: Path) -> dict[str, Any] | None:
    """What a session's file says, or ``None`` if it cannot be believed or its process has died."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        pid = int(entry["pid"])
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError):
        return None
    started = _start_of(pid)
    return entry if started is not None and entry.get("started") in (None, started) else None


def _contents(name: str) -> list[Path]:
    """What is in a folder of the runtime folder; nothing if that is not to be trusted."""
    folder = runtime_dir()
    try:
        return sorted((folder / name).iterdir()) if _is_ours(folder) else []
    except OSError:
        return []


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
