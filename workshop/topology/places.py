"""Where namespaces can be found: a number that the kernel gives says that there is one, not where.

Nothing found here is kept open: an open descriptor would keep the namespace alive.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from workshop.kernel.namespaces import Namespace, device

FOLDERS = ("/run/docker/netns", "/run/netns")
"""Where Docker and ``ip netns`` keep namespaces as files."""

PINNED = "wsn"
"""How the file begins on which a network's own namespace is pinned."""

Key = tuple[int, int]


def name_of_network(network: str) -> str:
    """What the own namespace of the network with that ID is called, wherever it is pinned."""
    return PINNED + network[:10]


def key_of(path: str) -> Key | None:
    """Device and inode of the namespace at ``path``, or ``None``."""
    try:
        stat = Path(path).stat()
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino)


def identity(key: Key) -> str:
    """The ID of the namespace with that device and inode."""
    return f"{key[0]}:{key[1]}"


def candidates(known: Iterable[str] = ()) -> Iterator[tuple[Key, str]]:
    """Every namespace that can be found from here, once, with a path that leads to it.

    ``known`` paths come first, then the folders, then what this process holds open, then all processes.
    """
    seen: set[Key] = set()
    for path in _paths(known):
        key = key_of(path)
        if key is not None and key not in seen:
            seen.add(key)
            yield key, path


def _paths(known: Iterable[str]) -> Iterator[str]:
    yield from known
    for folder in FOLDERS:
        with contextlib.suppress(OSError):
            yield from (entry.path for entry in os.scandir(folder))
    with contextlib.suppress(OSError):
        of_namespaces = device()
        for entry in list(os.scandir("/proc/self/fd")):
            with contextlib.suppress(OSError):
                target = str(Path(entry.path).readlink())
                # one that is pinned to a file is called after that file
                if target.startswith("net:[") or (target.startswith("/") and entry.stat().st_dev == of_namespaces):
                    yield entry.path
    with contextlib.suppress(OSError):
        yield from (f"{entry.path}/ns/net" for entry in os.scandir("/proc") if entry.name.isdigit())


@contextlib.contextmanager
def opened(path: str, key: Key | None = None) -> Iterator[Namespace | None]:
    """The namespace at ``path``, for the length of a ``with``; ``None`` if it is gone or is not ``key``'s."""
    try:
        space = Namespace.at(path)
    except OSError:
        yield None
        return
    try:
        yield space if key is None or space.key == key else None
    finally:
        space.close()


@contextlib.contextmanager
def reached(wanted: str, path: str, known: Iterable[str] = ()) -> Iterator[Namespace | None]:
    """The namespace with that ID, for the length of a ``with``: at ``path``, or wherever it is found by now."""
    found = key_of(path) if path else None
    if found is None or identity(found) != wanted:
        path = next((each for key, each in candidates(known) if identity(key) == wanted), "")
    with opened(path) as space:
        yield space if space is not None and space.id == wanted else None


def name_at(path: str) -> str | None:
    """What a namespace is called by where it was found: the name given by ``ip netns``, or Docker's key."""
    folder = os.path.realpath(Path(path).parent)
    return Path(path).name if folder in {os.path.realpath(each) for each in FOLDERS} else None
