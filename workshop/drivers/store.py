"""What the plugin remembers of networks and endpoints, in SQLite: it survives the plugin, however it ended."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError

_TABLES = ("networks", "endpoints", "calls", "tunnels", "nodes", "pools", "addresses")


class Remembered(Mapping[str, dict[str, Any]]):
    """Rows of one kind by ID, kept in memory and on disk. Reading gives copies: only ``put`` and ``drop`` change it."""

    def __init__(self, database: sqlite3.Connection, table: str, lock: threading.RLock) -> None:
        self._database, self._table, self._lock = database, table, lock
        rows = database.execute(f"select id, data from {table} order by rowid")
        self._rows: dict[str, str] = dict(rows)

    def __getitem__(self, key: str) -> dict[str, Any]:
        return json.loads(self._rows[key])

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def items(self) -> ItemsView[str, dict[str, Any]]:
        """All rows with their IDs, as they are now: a call on another network may drop one meanwhile."""
        return self._copy().items()

    def values(self) -> ValuesView[dict[str, Any]]:
        """All rows, as they are now."""
        return self._copy().values()

    def _copy(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            rows = dict(self._rows)
        return {key: json.loads(text) for key, text in rows.items()}

    def put(self, key: str, row: Mapping[str, Any]) -> None:
        """Remember ``row`` under ``key``; it is on disk when this returns."""
        text = json.dumps(row, default=str)
        with self._lock:
            self._database.execute(
                f"insert or replace into {self._table} (id, data) values (?, ?)", (_plain(key), text)
            )
            self._rows[key] = text

    def drop(self, key: str) -> None:
        """Forget ``key``, if it is remembered."""
        with self._lock:
            self._database.execute(f"delete from {self._table} where id = ?", (_plain(key),))
            self._rows.pop(key, None)


class Store:
    """One plugin's memory: ``networks`` and ``endpoints``. ``path`` may be ``None`` for one that is not kept.

    A network's row is its CreateNetwork request. An endpoint's is its CreateEndpoint request, with the driver's
    choices filled into ``Interface``, ``SandboxKey`` after Join, and ``Ports`` once published. ``calls`` are those that
    have begun to make or remove one of them and are not done: ``route`` (``"delete_network"``), ``NetworkID``,
    ``EndpointID``. What ``tunnels`` and ``nodes`` hold is told in ``vxlan_memory.py``. ``pools`` and ``addresses`` are
    those that were given out to Docker, whoever makes its networks: ``AddressSpace``, ``Pool``, ``SubPool``;
    ``PoolID``, ``Address``, ``For`` (``gateway`` or ``container``); and both ``Answered``: whether Docker can know it.

    :raises WorkshopError: if the file is no store, or another plugin has it open.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        lock = threading.RLock()
        try:
            self._database = sqlite3.connect(
                path or ":memory:", check_same_thread=False, isolation_level=None, timeout=0.5
            )
            self._database.execute("pragma locking_mode = exclusive")
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = normal")
            for table in _TABLES:
                self._database.execute(f"create table if not exists {table} (id text primary key, data text not null)")
            self.networks = Remembered(self._database, "networks", lock)
            self.endpoints = Remembered(self._database, "endpoints", lock)
            self.calls = Remembered(self._database, "calls", lock)
            self.tunnels = Remembered(self._database, "tunnels", lock)
            self.nodes = Remembered(self._database, "nodes", lock)
            self.pools = Remembered(self._database, "pools", lock)
            self.addresses = Remembered(self._database, "addresses", lock)
        except sqlite3.OperationalError as error:
            raise WorkshopError(
                f"The store {path} cannot be used ({error}).",
                "If another plugin runs with it, end that one or give --state-dir another folder.",
            ) from None
        except (sqlite3.DatabaseError, ValueError) as error:
            raise WorkshopError(f"{path} is not a store ({error}).", "Move it away and start again.") from None

    def endpoints_of(self, network_id: str) -> dict[str, dict[str, Any]]:
        """The endpoints of one network, by ID."""
        return {key: row for key, row in self.endpoints.items() if row.get("NetworkID") == network_id}

    def drop_network(self, network_id: str) -> None:
        """Forget a network and its endpoints."""
        for endpoint_id in self.endpoints_of(network_id):
            self.endpoints.drop(endpoint_id)
        self.networks.drop(network_id)

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()


def _plain(key: str) -> str:
    return key.encode("utf-8", "backslashreplace").decode()  # a lone surrogate cannot be stored
