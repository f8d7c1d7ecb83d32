"""Who leads a container outside: the endpoint that has external connectivity, or one on docker_gwbridge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from workshop.lab.engine.decoding import PluginFailure
from workshop.lab.engine.endpoints import Endpoints
from workshop.lab.engine.links import Links
from workshop.lab.engine.model import Attachment, Container, Endpoint, Network, Sandbox
from workshop.lab.engine.sandbox import MoveFailure

EVERYWHERE = ("0.0.0.0/0", "::/0")


class Gateways:
    """Hands external connectivity on as endpoints come and go. ``bridge`` gives docker_gwbridge, made when first
    needed.
    """

    def __init__(self, endpoints: Endpoints, links: Links, bridge: Callable[[], Network]) -> None:
        self._endpoints, self._links, self._bridge = endpoints, links, bridge

    def joined(self, before: Endpoint | None, after: Endpoint | None) -> None:
        """An endpoint has joined: ``before`` led outside until now, ``after`` does from now on.

        Raises PluginFailure if the driver cannot; then it is as it was before.
        """
        if before is after or after is None:
            return
        if before is not None:
            self._endpoints.revoke(before)
        try:
            self._endpoints.program(after)
        except PluginFailure:
            if before is not None:
                with suppress(PluginFailure):
                    self._endpoints.program(before)
            raise

    def left(self, sandbox: Sandbox) -> None:
        """The endpoint that led outside has left: another may take over. Never fails."""
        after = sandbox.gateway_endpoint()
        if not sandbox.closing:
            with suppress(MoveFailure):
                self._links.set_gateway(sandbox, after)
        if after is not None:
            with suppress(PluginFailure):
                self._endpoints.program(after)

    def settle(self, container: Container, sandbox: Sandbox, live: bool) -> None:
        """Give the container an interface on docker_gwbridge if nothing else leads outside, or take it away.

        Raises Refusal, PluginFailure or MoveFailure.
        """
        if not _needs_bridge(sandbox):
            self.drop(sandbox)
        elif sandbox.behind() is None:
            network = self._bridge()
            endpoint = self._endpoints.create(container, network, Attachment(network.id))
            endpoint.name = f"gateway_{sandbox.id[:12]}"
            sandbox.endpoints.append(endpoint)
            self._endpoints.join(sandbox, endpoint)
            if live:
                self._links.populate(sandbox, endpoint)

    def drop_unneeded(self, sandbox: Sandbox) -> None:
        """Take the interface on docker_gwbridge away if something else leads outside. Never fails."""
        if not _needs_bridge(sandbox):
            self.drop(sandbox)

    def drop(self, sandbox: Sandbox) -> None:
        """Take the interface on docker_gwbridge away, if there is one. Never fails."""
        endpoint = sandbox.behind()
        if endpoint is None:
            return
        endpoint.joined = False
        self._links.withdraw(sandbox, endpoint)
        sandbox.endpoints.remove(endpoint)
        self._endpoints.delete(endpoint)
        if not sandbox.closing and sandbox.gateway_of is endpoint:
            with suppress(MoveFailure):
                self._links.set_gateway(sandbox, sandbox.gateway_endpoint())


def _needs_bridge(sandbox: Sandbox) -> bool:
    joined = [endpoint for endpoint in sandbox.ordered() if not endpoint.network.hidden]
    for endpoint in joined:
        has_route = any(destination in EVERYWHERE for destination, _, _ in endpoint.routes)
        if endpoint.gateway or has_route or endpoint.no_gateway_service:
            return False
    return any(not endpoint.network.internal for endpoint in joined)
