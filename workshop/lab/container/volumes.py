"""Folders that a container sees at places of its user's choice, and may write to: its volumes.

Where such a place is not on the machine, it is made: not in the machine's folder, which is to be read only, but in one
that is mounted over it and has all the same in it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workshop.lab.container import system
from workshop.lab.container.system import (
    MS_BIND,
    MS_MOVE,
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    MS_UNBINDABLE,
)

SPARE = Path("/dev/shm")
"""A folder that every container has, where a new root can be prepared."""

_KEPT = {os.ST_NOSUID: MS_NOSUID, os.ST_NODEV: MS_NODEV, os.ST_NOEXEC: 8, os.ST_NOATIME: 0x400, os.ST_NODIRATIME: 0x800}
_RELATIME = 0x200000


@dataclass(frozen=True)
class Place:
    """A folder, and where in the container it is to be seen."""

    source: str
    target: str
    read_only: bool = False


def place_all(places: Sequence[Place], held: Mapping[str, str], is_scratch: Callable[[str], bool]) -> None:
    """Bind volumes to their places, in this order. ``held`` says by which path each source can be reached now.

    ``is_scratch`` says of a path whether it is in a folder of the container's own.

    :raises OSError: if one cannot be.
    """
    rooms, placed = _Rooms(), list[Path]()
    for place in places:
        target = os.path.realpath(place.target)
        if not Path(target).is_dir():
            if not is_scratch(target) and not any(Path(target).is_relative_to(each) for each in placed):
                rooms.make(Path(target))
            Path(target).mkdir(parents=True, exist_ok=True)
        placed.append(Path(target))
        if place.source not in held:
            raise FileNotFoundError(errno.ENOENT, f"{place.source} is not there")
        system.mount(held[place.source], target, None, MS_BIND)
        read_only = MS_RDONLY if place.read_only else 0
        system.mount("none", target, None, MS_REMOUNT | MS_BIND | read_only | _flags(target))
    rooms.close()


class _Rooms:
    """Folders of the machine that another is mounted over, with the same in it, so that a folder can be added."""

    def __init__(self) -> None:
        self._made: list[Path] = []

    def make(self, target: Path) -> None:
        """Make room for ``target``, which is not there yet."""
        folder = next(each for each in target.parents if each.is_dir())
        if folder not in self._made:
            _furnish(folder) if folder.name else _furnish_root()
            self._made.append(folder)

    def close(self) -> None:
        """From now on they are to be read only."""
        for folder in self._made:
            system.mount("none", str(folder), None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _furnish(folder: Path) -> None:
    inside = _look(folder)
    with held(str(each.path) for each in inside if each.leads_to is None) as sources:
        _mount_empty(folder, folder)
        for each in inside:
            _show(each, sources.get(str(each.path), ""), each.path)


def _furnish_root() -> None:
    """The same for ``/``: what is mounted there is not seen before it is gone into, as one changes rooms."""
    root, inside = Path("/"), _look(Path("/"))
    _mount_empty(SPARE, root)
    system.mount("none", str(SPARE), None, MS_UNBINDABLE)  # it is not to be in itself
    for each in inside:
        _show(each, str(each.path), SPARE / each.path.name)
    system.mount("none", str(SPARE), None, MS_PRIVATE)
    os.chdir(SPARE)
    system.mount(".", "/", None, MS_MOVE)
    os.chroot(".")
    os.chdir("/")


@dataclass(frozen=True)
class _Entry:
    path: Path
    is_folder: bool
    leads_to: Path | None
    """Where a symbolic link leads to."""


def _look(folder: Path) -> list[_Entry]:
    return [
        _Entry(each, each.is_dir() and not each.is_symlink(), each.readlink() if each.is_symlink() else None)
        for each in folder.iterdir()
    ]


def _mount_empty(place: Path, like: Path) -> None:
    mode = stat.S_IMODE(like.stat().st_mode)
    system.mount("tmpfs", str(place), "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode:o},size=1m")


def _show(entry: _Entry, source: str, target: Path) -> None:
    """Let what can be reached by ``source`` be seen at ``target``."""
    if entry.leads_to is not None:
        target.symlink_to(entry.leads_to)
        return
    target.mkdir() if entry.is_folder else target.touch()
    with suppress(OSError):
        system.mount(source, str(target), None, MS_BIND | MS_REC)


def _flags(path: str) -> int:
    """The flags that a mount has to keep when it is changed: in a user namespace they may not be dropped."""
    now = os.statvfs(path).f_flag
    flags = sum(flag for told, flag in _KEPT.items() if now & told)
    return flags if now & os.ST_NOATIME else flags | (_RELATIME if now & os.ST_RELATIME else 0)


@contextmanager
def held(paths: Iterable[str]) -> Iterator[dict[str, str]]:
    """Paths, and by each of them another that leads there after it has been hidden. What is not there is left out."""
    descriptors: dict[str, int] = {}
    for path in dict.fromkeys(paths):
        with suppress(OSError):
            descriptors[path] = os.open(path, os.O_PATH)
    try:
        yield {path: f"/proc/self/fd/{descriptor}" for path, descriptor in descriptors.items()}
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)
