"""What the plugin remembers, so that handlers need not: what came of each call, and which calls are not done."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from workshop.drivers.reconcile import UNDO
from workshop.drivers.store import Store

Request = Mapping[str, Any]
Answer = Mapping[str, Any]


def _network(store: Store, request: Request, answer: Answer) -> None:
    store.networks.put(request["NetworkID"], request)


def _no_network(store: Store, request: Request, answer: Answer) -> None:
    store.drop_network(request["NetworkID"])


def _endpoint(store: Store, request: Request, answer: Answer) -> None:
    before = store.endpoints.get(request["EndpointID"]) or {}
    chosen = {key: value for key, value in (answer.get("Interface") or {}).items() if value}
    interface = {**(request.get("Interface") or {}), **chosen}
    store.endpoints.put(request["EndpointID"], {**before, **request, "Interface": interface})


def _joined(store: Store, request: Request, answer: Answer) -> None:
    row = store.endpoints.get(request["EndpointID"])
    if row is not None:
        store.endpoints.put(request["EndpointID"], {**row, "SandboxKey": request.get("SandboxKey") or ""})


def _left(store: Store, request: Request, answer: Answer) -> None:
    row = store.endpoints.get(request["EndpointID"])
    if row is not None:
        row.pop("SandboxKey", None)
        store.endpoints.put(request["EndpointID"], row)


def _no_endpoint(store: Store, request: Request, answer: Answer) -> None:
    store.endpoints.drop(request["EndpointID"])


AFTER: dict[str, Callable[[Store, Request, Answer], None]] = {
    "create_network": _network,
    "delete_network": _no_network,
    "create_endpoint": _endpoint,
    "delete_endpoint": _no_endpoint,
    "join": _joined,
    "leave": _left,
}
"""What to remember once a handler has done its work, by route."""


class Unfinished:
    """Notes in the store which calls have begun to make or remove something: the next start finishes what is noted.

    A removal is noted when it comes, even if it has to wait: Docker forgets the network or endpoint whatever the
    answer is. So one that fails stays noted, until the same is made anew or removed after all.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: set[str] = set()

    def removal(self, route: str, request: Request) -> str | None:
        """Note a call that has come, if it is a removal; give the note's key."""
        return self._note(route, request) if route in UNDO.values() else None

    def making(self, route: str, request: Request) -> str | None:
        """Note a call whose turn has come, if it makes what Docker does not have yet; give the note's key."""
        if route not in UNDO:
            return None
        call = _call(route, request)
        endpoint_id, network_id = call["EndpointID"], call["NetworkID"]
        there = endpoint_id in self._store.endpoints if endpoint_id else network_id in self._store.networks
        return None if there and not self._ended(call) else self._note(route, request)

    def end(self, key: str, *, well: bool) -> None:
        """The call is done, ``well`` or with an error; its turn must not have ended yet."""
        self._open.discard(key)
        call = self._store.calls.get(key)
        if call is None:
            return
        with contextlib.suppress(sqlite3.Error):
            if well:
                for ended in self._ended(call):  # this one, and removals that failed before it
                    self._store.calls.drop(ended)
            elif call["route"] in UNDO:
                self._store.calls.drop(key)

    def _note(self, route: str, request: Request) -> str:
        key = uuid.uuid4().hex
        self._open.add(key)
        with contextlib.suppress(sqlite3.Error):  # on a full disk, a removal is all the more welcome
            self._store.calls.put(key, _call(route, request))
        return key

    def _ended(self, about: Mapping[str, Any]) -> list[str]:
        """The notes of calls that ended: on the same endpoint, or on the same network and all in it."""
        network_id, endpoint_id = about["NetworkID"], about["EndpointID"]
        return [
            key
            for key, call in self._store.calls.items()
            if key not in self._open and call["NetworkID"] == network_id and endpoint_id in (None, call["EndpointID"])
        ]


def _call(route: str, request: Request) -> dict[str, Any]:
    """A call as it is noted. An EndpointID that a network's call carries means nothing, as any unknown field."""
    endpoint_id = request["EndpointID"] if route.endswith("endpoint") else None
    return {"route": route, "NetworkID": request["NetworkID"], "EndpointID": endpoint_id}
