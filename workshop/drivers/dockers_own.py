"""The parents that Docker's own macvlan and ipvlan networks use, read from its network database.

Docker cannot be asked while it waits for a handler's answer. The database is found by the daemon's open files, so it
does not matter where Docker keeps its data, or in which mount namespace it runs.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop.drivers import bolt
from workshop.drivers.options import GENERIC
from workshop.kernel.namespaces import Namespace

KINDS = ("macvlan", "ipvlan")
_DAEMON = "dockerd"
_HELD = "/volumes/metadata.db"  # what every daemon holds open, in the folder of its data
_NETWORKS = "network/files/local-kv.db"
_KEY = b"docker/network/v1.0/network/"
_INDEX_SIZE = 8  # before each value's JSON


@dataclass(frozen=True)
class DockersOwn:
    """A network of Docker's own driver ``kind``, on the link ``parent``."""

    kind: str
    parent: str
    name: str


def networks(namespace: Namespace) -> list[DockersOwn]:
    """Networks of Docker's own that sit on a link of this namespace, as far as they can be seen."""
    found = []
    for database in _databases(namespace):
        with contextlib.suppress(OSError, bolt.NotBolt):
            for key, value in bolt.read(database).items():
                if key.startswith(_KEY) and (one := _read(value)) is not None:
                    found.append(one)
    return found


def _read(value: bytes) -> DockersOwn | None:
    try:
        row = json.loads(value[_INDEX_SIZE:])
        parent = ((row.get("generic") or {}).get(GENERIC) or {}).get("parent")
        if row.get("networkType") in KINDS and parent and not row.get("configOnly"):
            return DockersOwn(row["networkType"], str(parent), str(row.get("name")))
    except (ValueError, AttributeError):
        pass
    return None


def _databases(namespace: Namespace) -> Iterator[Path]:
    """The network database of each Docker that works in this namespace."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "comm").read_text().strip() != _DAEMON:
                continue
            network = (process / "ns/net").stat()
            if (network.st_dev, network.st_ino) != namespace.key:
                continue
            for descriptor in (process / "fd").iterdir():
                held = str(descriptor.readlink())
                if held.endswith(_HELD):
                    yield Path(f"{process}/root{held.removesuffix(_HELD)}/{_NETWORKS}")
                    break
