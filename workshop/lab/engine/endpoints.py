"""Attaching containers to networks: Docker's calls in Docker's order, and what it undoes when one fails."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import addresses, answers
from workshop.lab.engine import sandbox as os_sandbox
from workshop.lab.engine.ipam import Ipam
from workshop.lab.engine.model import (
    EXPOSED,
    MAC,
    NO_PROXY,
    PORTMAP,
    Attachment,
    Container,
    Endpoint,
    Network,
    Sandbox,
)
from workshop.lab.engine.names import new_id
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.remote import PluginFailure, field
from workshop.lab.engine.sandbox import MoveFailure
from workshop.lab.engine.versions import Version


class Connector:
    """Makes and removes endpoints of one engine.

    ``gateway_network`` gives docker_gwbridge, made when first needed; ``tell`` takes the fields of a `docker`
    event.
    """

    def __init__(
        self,
        host: Namespace,
        version: Version,
        ipam: Ipam,
        gateway_network: Callable[[], Network],
        tell: Callable[..., None],
    ) -> None:
        self._host, self._version, self._ipam = host, version, ipam
        self._gateway_network, self._tell = gateway_network, tell

    def connect(
        self, container: Container, sandbox: Sandbox, network: Network, wish: Attachment, *, live: bool
    ) -> Endpoint:
        """CreateEndpoint, Join, and all that follows. ``live``: the sandbox has a namespace to move the link
        to now.

        :raises Refusal: with Docker's text, after everything has been undone.
        """
        if any(endpoint.container_id == container.id for endpoint in list(network.endpoints.values())):
            self.ask_all(sandbox)
            raise Refusal(f"endpoint with name {container.name} already exists in network {network.name}", 403)
        if sandbox.endpoints:
            self.ask_all(sandbox)
        endpoint = self._create(container, network, wish)
        sandbox.endpoints.append(endpoint)
        try:
            self._join(container, sandbox, endpoint, live)
            if self._version.asks_join_info:
                self._join_info(sandbox, endpoint)
        except (Refusal, PluginFailure, MoveFailure) as error:
            self.disconnect(sandbox, endpoint, undo=True)
            raise error if isinstance(error, Refusal) else Refusal(str(error)) from None
        self.ask_all(sandbox)
        return endpoint

    def disconnect(self, sandbox: Sandbox, endpoint: Endpoint, *, undo: bool = False) -> None:
        """RevokeExternalConnectivity, Leave, DeleteEndpoint, and what Docker does in between. Never fails.

        The calls after Join are left out for an endpoint that never joined.
        """
        if endpoint.joined:
            self.leave(sandbox, endpoint)
            if not sandbox.closing and not undo:
                self.ask_all(sandbox)
        if endpoint in sandbox.endpoints:
            sandbox.endpoints.remove(endpoint)
        self._delete(endpoint)

    def release(self, sandbox: Sandbox) -> None:
        """Take all endpoints of a container away, as when it stops."""
        sandbox.closing = True
        for endpoint in sandbox.ordered():
            if not endpoint.network.hidden:
                self.disconnect(sandbox, endpoint)
        self._drop_gateway_bridge(sandbox)

    def populate_all(self, sandbox: Sandbox) -> None:
        """Move all endpoints' links in, as older versions do when the process starts. Raises Refusal."""
        try:
            for endpoint in sandbox.ordered():
                self._populate(sandbox, endpoint)
        except MoveFailure as error:
            raise Refusal(os_sandbox.worded(error, self._version)) from None

    def ask_all(self, sandbox: Sandbox) -> None:
        """EndpointOperInfo of every endpoint, for the container's port map; failures are only logged."""
        if sandbox.behind() is not None and not self._version.asks_behind_gateway:
            return
        for endpoint in sandbox.ordered():
            if endpoint.network.driver.is_remote:
                with suppress(PluginFailure):
                    self.oper_info(endpoint)

    def oper_info(self, endpoint: Endpoint) -> dict[str, Any]:
        """What the driver tells about an endpoint. Raises PluginFailure."""
        return field(_call(endpoint, "EndpointOperInfo"), "Value") or {}

    def _join_info(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        if sandbox.behind() is not None:
            return
        try:
            self.oper_info(endpoint)
        except PluginFailure as error:
            raise Refusal(f"Updating join info failed: {error}") from None

    def _create(self, container: Container, network: Network, wish: Attachment) -> Endpoint:
        endpoint = Endpoint(new_id(), network, container.name, container.id, mac=wish.mac, priority=wish.priority)
        with network.lock:
            addresses.take(self._ipam, endpoint, wish)
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
            addresses.give_back(self._ipam, endpoint)
            self._tell(endpoints={endpoint.id: None})
            raise Refusal(f"failed to create endpoint {container.name} on network {network.name}: {error}") from None
        network.endpoints[endpoint.id] = endpoint
        return endpoint

    def _rolled_back(self, endpoint: Endpoint, route: str) -> str:
        try:
            _call(endpoint, route)
        except PluginFailure as error:
            return f"; failed to roll back: {error}"
        return "; rolled back"

    def _join(self, container: Container, sandbox: Sandbox, endpoint: Endpoint, live: bool) -> None:
        before = sandbox.gateway_endpoint()
        try:
            answer = _call(endpoint, "Join", SandboxKey=sandbox.key, Options=endpoint.options)
            self._take_join(endpoint, answer)
        except PluginFailure as error:
            raise Refusal(str(error)) from None
        endpoint.joined = True
        if live:
            try:
                self._populate(sandbox, endpoint)
            except MoveFailure as error:
                self._leave_unprogrammed(sandbox, endpoint)
                raise Refusal(str(error)) from None
        self._move_connectivity(sandbox, before, sandbox.gateway_endpoint(), endpoint)
        self._gateway_bridge(container, sandbox, live)

    def _take_join(self, endpoint: Endpoint, answer: dict[str, Any]) -> None:
        try:
            answers.take_join(endpoint, answer, exact=self._version.process_first)
        except PluginFailure as error:
            endpoint.gateway = endpoint.gateway6 = ""
            if self._version.bad_join_leaves:
                raise PluginFailure(f"{error}{self._rolled_back(endpoint, 'Leave')}") from None
            raise

    def _populate(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        os_sandbox.populate(sandbox, endpoint, self._host, self._version)
        if endpoint.link:
            what = ", ".join(filter(None, (endpoint.mac, endpoint.address, endpoint.address6)))
            self._tell(did=f"moved {endpoint.source} into {endpoint.name} as {endpoint.link} and gave it {what}")
        if sandbox.gateway_endpoint() is endpoint:
            self._set_gateway(sandbox, endpoint)

    def _set_gateway(self, sandbox: Sandbox, endpoint: Endpoint | None) -> None:
        os_sandbox.set_gateway(sandbox, endpoint)
        if endpoint is not None:
            gateways = " and ".join(filter(None, (endpoint.gateway, endpoint.gateway6)))
            self._tell(did=f"made {gateways} on {endpoint.network.name} the default gateway")

    def _withdraw(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        link = endpoint.link
        os_sandbox.withdraw(sandbox, endpoint, self._host)
        if link:
            self._tell(did=f"returned {link} of {endpoint.name} to the host as {endpoint.source}")

    def _move_connectivity(
        self, sandbox: Sandbox, before: Endpoint | None, after: Endpoint | None, joining: Endpoint
    ) -> None:
        if before is after or after is None:
            return
        if before is not None:
            self._revoke(before)
        try:
            self._program(after)
        except PluginFailure as error:
            if before is not None:
                with suppress(PluginFailure):
                    self._program(before)
            self._leave_unprogrammed(sandbox, joining)
            raise Refusal(
                f"driver failed programming external connectivity on endpoint {joining.name} ({joining.id}): {error}"
            ) from None

    def _leave_unprogrammed(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        endpoint.joined = False
        with suppress(PluginFailure):
            _call(endpoint, "Leave")
        self._withdraw(sandbox, endpoint)

    def leave(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        """RevokeExternalConnectivity, Leave; then the link goes back, and another endpoint may take over."""
        was_gateway = sandbox.gateway_endpoint() is endpoint
        if was_gateway:
            self._revoke(endpoint)
        with suppress(PluginFailure):
            _call(endpoint, "Leave")
        endpoint.joined = False
        self._withdraw(sandbox, endpoint)
        after = sandbox.gateway_endpoint()
        if was_gateway and not sandbox.closing:
            with suppress(MoveFailure):
                self._set_gateway(sandbox, after)
        if was_gateway and after is not None:
            with suppress(PluginFailure):
                self._program(after)
        if not sandbox.closing and (not self._needs_gateway(sandbox)):
            self._drop_gateway_bridge(sandbox)

    def _program(self, endpoint: Endpoint) -> None:
        if endpoint.network.internal:
            return
        options = dict(endpoint.options)
        if self._version.tells_proxy:
            options[NO_PROXY] = False
        _unless_missing(endpoint, "ProgramExternalConnectivity", Options=options)

    def _revoke(self, endpoint: Endpoint) -> None:
        with suppress(PluginFailure):
            _unless_missing(endpoint, "RevokeExternalConnectivity")

    def _needs_gateway(self, sandbox: Sandbox) -> bool:
        joined = [e for e in sandbox.ordered() if not e.network.hidden]
        for endpoint in joined:
            has_route = any(destination in ("0.0.0.0/0", "::/0") for destination, _, _ in endpoint.routes)
            if endpoint.gateway or has_route or endpoint.no_gateway_service:
                return False
        return any(not endpoint.network.internal for endpoint in joined)

    def _gateway_bridge(self, container: Container, sandbox: Sandbox, live: bool) -> None:
        behind = sandbox.behind()
        if not self._needs_gateway(sandbox):
            self._drop_gateway_bridge(sandbox)
            return
        if behind is not None:
            return
        network = self._gateway_network()
        endpoint = self._create(container, network, Attachment(network.id))
        endpoint.name = f"gateway_{sandbox.id[:12]}"
        sandbox.endpoints.append(endpoint)
        self._take_join(endpoint, _call(endpoint, "Join", SandboxKey=sandbox.key, Options=endpoint.options))
        endpoint.joined = True
        if live:
            self._populate(sandbox, endpoint)

    def _drop_gateway_bridge(self, sandbox: Sandbox) -> None:
        endpoint = sandbox.behind()
        if endpoint is None:
            return
        endpoint.joined = False
        self._withdraw(sandbox, endpoint)
        sandbox.endpoints.remove(endpoint)
        self._delete(endpoint)
        if not sandbox.closing and sandbox.gateway_of is endpoint:
            with suppress(MoveFailure):
                self._set_gateway(sandbox, sandbox.gateway_endpoint())

    def _delete(self, endpoint: Endpoint) -> None:
        with suppress(PluginFailure):
            _call(endpoint, "DeleteEndpoint")
        endpoint.network.endpoints.pop(endpoint.id, None)
        self._tell(endpoints={endpoint.id: None})
        addresses.give_back(self._ipam, endpoint)


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
