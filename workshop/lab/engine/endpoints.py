"""Endpoints, and what a driver is asked about one: each route's request, and what comes of its answer."""

from __future__ import annotations

import base64
import functools
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from workshop.lab.engine import addresses, answers
from workshop.lab.engine.decoding import PluginFailure, field
from workshop.lab.engine.model import EXPOSED, MAC, NO_PROXY, PORTMAP, Attachment, Container, Endpoint, Network, Sandbox
from workshop.lab.engine.names import new_id
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version
from workshop.protocol.told import TOLD


class Endpoints:
    """The endpoints of one engine. ``tell`` takes the fields of a `docker` event."""

    def __init__(self, version: Version, tell: Callable[..., None]) -> None:
        self._version, self._tell = version, tell

    def create(self, container: Container, network: Network, wish: Attachment) -> Endpoint:
        """CreateEndpoint. Raises Refusal, and then there is no endpoint."""
        endpoint = Endpoint(new_id(), network, container.name, container.id, mac=wish.mac, priority=wish.priority)
        if network.subnets4 + network.subnets6 and network.ipam.needs_mac and not endpoint.mac:
            endpoint.mac = "02:42:" + ":".join(f"{octet:02x}" for octet in secrets.token_bytes(4))
        with network.lock:
            addresses.take(endpoint, wish)
        ports = {EXPOSED: container.exposed, PORTMAP: container.portmap}
        endpoint.options = dict(ports)
        told: dict[str, Any] = {} if network.internal else dict(ports)
        if wish.mac and not network.internal:
            told[MAC] = base64.b64encode(bytes.fromhex(wish.mac.replace(":", ""))).decode()
        told |= wish.driver_options
        self._tell(endpoints={endpoint.id: _entry(endpoint)})
        asked = {"Address": endpoint.address, "AddressIPv6": endpoint.address6, "MacAddress": endpoint.mac}
        try:
            answer = _call(endpoint, "CreateEndpoint", Interface=asked, Options=told)
            undone = functools.partial(self._rolled_back, endpoint, "DeleteEndpoint")
            answers.take_interface(endpoint, answer, undone)
        except PluginFailure as error:
            addresses.give_back(endpoint)
            self._tell(endpoints={endpoint.id: None})
            words = TOLD["NetworkDriver.CreateEndpoint"].text
            raise Refusal(words.format(container=container.name, network=network.name, failure=error)) from None
        network.endpoints[endpoint.id] = endpoint
        return endpoint

    def join(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        """Join. Raises PluginFailure, also for an answer that is no use."""
        answer = _call(endpoint, "Join", SandboxKey=sandbox.key, Options=endpoint.options)
        try:
            answers.take_join(endpoint, answer, exact=self._version.process_first)
        except PluginFailure as error:
            endpoint.gateway = endpoint.gateway6 = ""
            if self._version.bad_join_leaves:
                raise PluginFailure(f"{error}{self._rolled_back(endpoint, 'Leave')}") from None
            raise
        endpoint.joined = True

    def oper_info(self, endpoint: Endpoint) -> dict[str, Any]:
        """EndpointOperInfo: what the driver tells about it. Raises PluginFailure."""
        return field(_call(endpoint, "EndpointOperInfo"), "Value") or {}

    def program(self, endpoint: Endpoint) -> None:
        """ProgramExternalConnectivity, unless the network is internal. Raises PluginFailure."""
        if endpoint.network.internal:
            return
        options = dict(endpoint.options)
        if self._version.tells_proxy:
            options[NO_PROXY] = False
        _unless_missing(endpoint, "ProgramExternalConnectivity", Options=options)

    def revoke(self, endpoint: Endpoint) -> None:
        """RevokeExternalConnectivity; what the driver says is only logged."""
        with suppress(PluginFailure):
            _unless_missing(endpoint, "RevokeExternalConnectivity")

    def leave(self, endpoint: Endpoint) -> None:
        """Leave; what the driver says is only logged."""
        with suppress(PluginFailure):
            _call(endpoint, "Leave")
        endpoint.joined = False

    def delete(self, endpoint: Endpoint) -> None:
        """DeleteEndpoint; what the driver says is only logged, and the endpoint is gone."""
        with suppress(PluginFailure):
            _call(endpoint, "DeleteEndpoint")
        endpoint.network.endpoints.pop(endpoint.id, None)
        self._tell(endpoints={endpoint.id: None})
        addresses.give_back(endpoint)

    def _rolled_back(self, endpoint: Endpoint, route: str) -> str:
        try:
            _call(endpoint, route)
        except PluginFailure as error:
            return f"; failed to roll back: {error}"
        return "; rolled back"


def _entry(endpoint: Endpoint) -> dict[str, str]:
    return {"network": endpoint.network.id, "container": endpoint.container_id, "name": endpoint.name}


def _call(endpoint: Endpoint, route: str, **body: Any) -> dict[str, Any]:
    return endpoint.network.driver.call(route, {"NetworkID": endpoint.network.id, "EndpointID": endpoint.id, **body})


def _unless_missing(endpoint: Endpoint, route: str, **body: Any) -> None:
    try:
        _call(endpoint, route, **body)
    except PluginFailure as error:
        if not error.missing:  # a driver that knows nothing of it has nothing to do
            raise
