"""The links of endpoints: into the sandbox, back to the host, and which of them leads out. Each move is told."""

from __future__ import annotations

from collections.abc import Callable

from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import sandbox as os_sandbox
from workshop.lab.engine.model import Endpoint, Sandbox
from workshop.lab.engine.versions import Version


class Links:
    """Moves links between one host and its sandboxes. ``tell`` takes the fields of a `docker` event."""

    def __init__(self, host: Namespace, version: Version, tell: Callable[..., None]) -> None:
        self._host, self._version, self._tell = host, version, tell

    def populate(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        """Move the endpoint's link in, with all that Join answered. Raises MoveFailure, and then it is back."""
        os_sandbox.populate(sandbox, endpoint, self._host, self._version)
        if endpoint.link:
            what = ", ".join(filter(None, (endpoint.mac, endpoint.address, endpoint.address6)))
            self._tell(did=f"moved {endpoint.source} into {endpoint.name} as {endpoint.link} and gave it {what}")
        if sandbox.gateway_endpoint() is endpoint:
            self.set_gateway(sandbox, endpoint)

    def withdraw(self, sandbox: Sandbox, endpoint: Endpoint) -> None:
        """Return the endpoint's link to the host, if it is in; that of an abandoned sandbox ends with it."""
        link = endpoint.link
        if sandbox.abandoned:
            endpoint.link = ""
            return
        os_sandbox.withdraw(sandbox, endpoint, self._host)
        if link:
            self._tell(did=f"returned {link} of {endpoint.name} to the host as {endpoint.source}")

    def set_gateway(self, sandbox: Sandbox, endpoint: Endpoint | None) -> None:
        """Make the endpoint's gateways the default routes; None: no default routes. Raises MoveFailure."""
        os_sandbox.set_gateway(sandbox, endpoint)
        if endpoint is not None:
            gateways = " and ".join(filter(None, (endpoint.gateway, endpoint.gateway6)))
            self._tell(did=f"made {gateways} on {endpoint.network.name} the default gateway")
