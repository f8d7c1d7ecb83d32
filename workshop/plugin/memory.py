"""What the plugin remembers after each call, so that handlers need not: one row per route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workshop.drivers.store import Store

Request = Mapping[str, Any]
Answer = Mapping[str, Any]


def _network(store: Store, request: Request, answer: Answer) -> None:
    store.networks.put(request["NetworkID"], request)


def _no_network(store: Store, request: Request, answer: Answer) -> None:
    for endpoint_id in store.endpoints_of(request["NetworkID"]):
        store.endpoints.drop(endpoint_id)
    store.networks.drop(request["NetworkID"])


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


def _network_goes(store: Store, request: Request) -> None:
    row = store.networks.get(request["NetworkID"])
    if row is not None:
        store.networks.put(request["NetworkID"], {**row, "Deleting": True})


def _endpoint_goes(store: Store, request: Request) -> None:
    row = store.endpoints.get(request["EndpointID"])
    if row is not None:
        store.endpoints.put(request["EndpointID"], {**row, "Deleting": True})


BEFORE: dict[str, Callable[[Store, Request], None]] = {
    "delete_network": _network_goes,
    "delete_endpoint": _endpoint_goes,
}
"""What to note before a handler begins: a removal that is cut short is finished at the next start."""
