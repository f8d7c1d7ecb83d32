"""Attaching containers to networks: Docker's calls in Docker's order, and what it undoes when one fails."""

from __future__ import annotations

from contextlib import suppress

from workshop.lab.engine import sandbox as os_sandbox
from workshop.lab.engine.decoding import PluginFailure
from workshop.lab.engine.endpoints import Endpoints
from workshop.lab.engine.gateways import Gateways
from workshop.lab.engine.links import Links
from workshop.lab.engine.model import Attachment, Container, Endpoint, Network, Sandbox
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.sandbox import MoveFailure
from workshop.lab.engine.versions import Version
from workshop.protocol.told import TOLD


class Connector:
    """Connects the containers of one engine to networks, and disconnects them."""

    def __init__(self, version: Version, endpoints: Endpoints, links: Links, gateways: Gateways) -> None:
        self._version = version
        self._endpoints, self._links, self._gateways = endpoints, links, gateways

    def connect(
        self, container: Container, sandbox: Sandbox, network: Network, wish: Attachment, *, live: bool
    ) -> Endpoint:
        """CreateEndpoint, Join, and all that follows. ``live``: the sandbox has a namespace to move the link
        to now.

        :raises Refusal: with Docker's text, after everything has been undone.
        """
        if any(endpoint.container_id == container.id for endpoint in list(network.endpoints.values())):
            self._ask_all(sandbox)
            raise Refusal(f"endpoint with name {container.name} already exists in network {network.name}", 403)
        if sandbox.endpoints:
            self._ask_all(sandbox)
        endpoint = self._endpoints.create(container, network, wish)
        sandbox.endpoints.append(endpoint)
        try:
            self._join(container, sandbox, endpoint, live)
            if self._version.asks_join_info:
                self._join_info(sandbox, endpoint)
        except (Refusal, PluginFailure, MoveFailure) as error:
            self.disconnect(sandbox, endpoint, undo=True)
            raise error if isinstance(error, Refusal) else Refusal(str(error)) from None
        self._ask_all(sandbox)
        return endpoint

    def disconnect(self, sandbox: Sandbox, endpoint: Endpoint, *, undo: bool = False) -> None:
        """RevokeExternalConnectivity, Leave, DeleteEndpoint, and what Docker does in between. Never fails.

        The calls after Join are left out for an endpoint that never joined.
        """
        if endpoint.joined:
            self._leave(sandbox, endpoint)
            if not sandbox.closing and not undo:
                self._ask_all(sandbox)
        if endpoint in sandbox.endpoints:
            sandbox.endpoints.remove(endpoint)
        self._endpoints.delete(endpoint)

    def release(self, sandbox: Sandbox) -> None:
        """Take all endpoints of a container away, as when it stops."""
        sandbox.closing = True
        for endpoint in sandbox.ordered():
            if not endpoint.network.hidden:
                self.disconnect(sandbox, endpoint)
        self._gateways.drop(sandbox)

    def populate_all(self, sandbox: Sandbox) -> None:
        """Move all endpoints' links in, as older versions do when the process starts. Raises Refusal."""
        try:
            for endpoint in sandbox.ordered():
                self._links.populate(sandbox, endpoint)
        except MoveFailure as error:
            raise Refusal(os_sandbox.worded(error, self._version)) from None

    def _join(self, container: Container, sandbox: Sandbox, endpoint: Endpoint, live: bool) -> None:
        before = sandbox.gateway_endpoint()
        self._endpoints.join(sandbox, endpoint)
        if live:
            try:
                self._links.populate(sandbox, endpoint)
            except MoveFailure:
                self._leave_unprogrammed(sandbox, endpoint)
                raise
        try:
            self._gateways.joined(before, sandbox.gateway_endpoint())
        except PluginFailure as error:
            self._leave_unprogrammed(sandbox, endpoint)
            words = TOLD["NetworkDriver.ProgramExternalConnectivity"].text
            raise Refusal(words.format(container=endpoint.name, endpoint=endpoint.id, failure=error)) from None
        self._gateways.settle(container, sandbox, live)

    def _leave(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        was_gateway = sandbox.gateway_endpoint() is endpoint
        if was_gateway:
            self._endpoints.revoke(endpoint)
        self._endpoints.leave(endpoint)
        self._links.withdraw(sandbox, endpoint)
        if was_gateway:
            self._gateways.left(sandbox)
        if not sandbox.closing:
            self._gateways.drop_unneeded(sandbox)

    def _leave_unprogrammed(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        self._endpoints.leave(endpoint)
        self._links.withdraw(sandbox, endpoint)

    def _ask_all(self, sandbox: Sandbox) -> None:
        """EndpointOperInfo of every endpoint, for the container's port map; failures are only logged."""
        if sandbox.behind() is not None and not self._version.asks_behind_gateway:
            return
        for endpoint in sandbox.ordered():
            if endpoint.network.driver.is_remote:
                with suppress(PluginFailure):
                    self._endpoints.oper_info(endpoint)

    def _join_info(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        if sandbox.behind() is not None:
            return
        try:
            self._endpoints.oper_info(endpoint)
        except PluginFailure as error:
            raise Refusal(TOLD["NetworkDriver.EndpointOperInfo"].text.format(failure=error)) from None
