"""What containers are attached to: their networks while they run, and what they wish for while they do not."""

from __future__ import annotations

from collections.abc import Callable

from workshop.lab.engine import requests
from workshop.lab.engine.connector import Connector
from workshop.lab.engine.model import Attachment, Container, Network, Sandbox
from workshop.lab.engine.networks import Networks
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version


class Attachments:
    """The attachments of one engine's containers. ``changed`` is called when a container's addresses may be others."""

    def __init__(self, version: Version, networks: Networks, connector: Connector, changed: Callable[[], None]) -> None:
        self._version, self._networks, self._connector = version, networks, connector
        self._changed = changed

    def check(self, key: str, wish: Attachment, *, early: bool) -> None:
        """Whether a network can give the addresses wished for. Raises Refusal; one that is not there is told later."""
        try:
            network = self._networks.find(key)
        except Refusal:
            return
        requests.check_addresses(network, wish, self._version, early=early)

    def network_id(self, key: str) -> str:
        """The ID of a network by its name, or what it was called: Docker finds out when the container starts."""
        try:
            return self._networks.find(key).id
        except Refusal:
            return key

    def connect_all(self, container: Container, sandbox: Sandbox) -> None:
        """Connect a container that starts to all that it is attached to. Raises Refusal."""
        for key, wish in list(container.attachments.items()):
            network = self._networks.find(key)
            if network.driver_name in ("null", "host"):
                continue
            del container.attachments[key]
            wish.network_id = network.id
            container.attachments[network.id] = wish
            self.check(network.id, wish, early=False)
            live = self._version.process_first
            wish.endpoint = self._connector.connect(container, sandbox, network, wish, live=live)

    def move_links_in(self, sandbox: Sandbox) -> None:
        """Move the links of a container whose process comes last. Raises Refusal."""
        self._connector.populate_all(sandbox)

    def release(self, container: Container, sandbox: Sandbox) -> None:
        """Disconnect a container that has ended from all. What it wishes for is kept."""
        self._connector.release(sandbox)
        for wish in container.attachments.values():
            wish.endpoint = None

    def connect(self, container: Container, network: Network, wish: Attachment) -> None:
        """`docker network connect`: at once if it runs, else at its next start. Raises Refusal."""
        with container.lock:
            wish.network_id = network.id
            self.check(network.id, wish, early=True)
            if container.running and container.sandbox is not None:
                self.check(network.id, wish, early=False)
                wish.endpoint = self._connector.connect(container, container.sandbox, network, wish, live=True)
            container.attachments.pop(network.id, None)
            container.attachments[network.id] = wish
        self._changed()

    def disconnect(self, container: Container, network: Network) -> None:
        """`docker network disconnect`. Raises Refusal if it is not connected."""
        with container.lock:
            wish = container.attachments.get(network.id)
            if wish is None:
                raise Refusal(f"container {container.id} is not connected to network {network.name}", 403)
            if container.running and container.sandbox is not None and wish.endpoint is not None:
                self._connector.disconnect(container.sandbox, wish.endpoint)
            del container.attachments[network.id]
        self._changed()
