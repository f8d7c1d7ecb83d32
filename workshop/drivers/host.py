"""What a handler is given beside the request: the host on which it is to build."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workshop.drivers.options import GENERIC, TYPE
from workshop.drivers.rooms import Rooms
from workshop.drivers.store import Store
from workshop.errors import PluginError
from workshop.kernel import pinned
from workshop.kernel.firewall import Firewall
from workshop.kernel.forwarding import Forwarding
from workshop.kernel.kernel import Kernel
from workshop.kernel.namespaces import Namespace
from workshop.kernel.ports import Ports
from workshop.kernel.trace import Trace, ignore

Warn = Callable[[str], None]


class Host:
    """One host: its kernel, its firewall, and what the plugin remembers of it.

    ``kernel`` is a pyroute2 ``IPRoute`` in the host's network namespace. ``networks`` and ``endpoints`` are what the
    plugin remembers, by ID (see ``Store``). ``plugin`` is the plugin's name, ``scope`` what GetCapabilities answers,
    and ``implements`` gives what Activate answers. ``when_published`` is told of all published ports when they change;
    ``is_lost`` says of an endpoint's ID whether its links are gone, as the driver has it. ``default_type`` is the kind
    of networks that say no ``-o type=``. ``rooms`` are the namespaces of networks that have one of their own; what is
    seen from there is a ``Host`` too, and ``outside`` the one that it is on (see ``rooms.py``).
    """

    def __init__(
        self,
        namespace: Namespace,
        store: Store,
        *,
        name: str = "host",
        plugin: str = "workshop",
        scope: str = "local",
        rooms: Path = pinned.FOLDER,
        trace: Trace = ignore,
        warn: Warn = lambda text: None,
    ) -> None:
        self.name, self.plugin, self.scope = name, plugin, scope
        self.namespace, self.store, self.warn = namespace, store, warn
        self.kernel = Kernel(namespace, trace)
        self.outside, self.rooms = self, Rooms(rooms, namespace, trace)
        own = plugin == "workshop"
        table = "workshop" if own else f"workshop_{hashlib.sha256(plugin.encode()).hexdigest()[:8]}"
        self.firewall = Firewall(namespace, trace, table)
        self.forwarding = Forwarding(namespace, trace, plugin if own else f"workshop-{plugin}")
        self.ports = Ports(namespace)
        self.when_published: Callable[[list[dict[str, Any]]], None] = lambda ports: None
        self.is_lost: Callable[[str], bool] = lambda endpoint_id: False
        self.default_type = ""
        self.implements: Callable[[], list[str]] = lambda: ["NetworkDriver"]

    @property
    def networks(self) -> Mapping[str, dict[str, Any]]:
        """The networks that the plugin remembers: each its CreateNetwork request, by NetworkID."""
        return self.store.networks

    @property
    def endpoints(self) -> Mapping[str, dict[str, Any]]:
        """The endpoints that the plugin remembers: each its CreateEndpoint request and what came of it."""
        return self.store.endpoints

    def network(self, network_id: str) -> dict[str, Any]:
        """A network that the plugin remembers. Raises PluginError if there is none."""
        try:
            return self.networks[network_id]
        except KeyError:
            raise PluginError(f"there is no network {network_id[:12]}: it was not created by this plugin") from None

    def endpoint(self, endpoint_id: str) -> dict[str, Any]:
        """An endpoint that the plugin remembers. Raises PluginError if there is none."""
        try:
            return self.endpoints[endpoint_id]
        except KeyError:
            raise PluginError(f"there is no endpoint {endpoint_id[:12]}: it was not created by this plugin") from None

    def type_of(self, network: Mapping[str, Any]) -> str:
        """The kind of a remembered network."""
        given = (network.get("Options") or {}).get(GENERIC)
        text = given.get(TYPE) if isinstance(given, Mapping) else None
        return self.default_type if text is None else str(text)

    def keep(self, endpoint_id: str, **values: Any) -> None:
        """Remember something more of an endpoint, at once; does nothing if the endpoint is not remembered."""
        row = self.endpoints.get(endpoint_id)
        if row is not None:
            self.store.endpoints.put(endpoint_id, {**row, **values})
            if "Ports" in values:
                self.when_published(self.published())

    def unpublish(self, endpoint_id: str) -> None:
        """Let an endpoint's published ports go: from the firewall, from memory, and for others to use."""
        self.firewall.set(endpoint_id, {})
        self.keep(endpoint_id, Ports=[])
        self.ports.release(endpoint_id)

    def forget(self, endpoint_id: str) -> None:
        """Forget an endpoint that Docker will never speak of again, and let its ports go."""
        if (self.endpoints.get(endpoint_id) or {}).get("Ports"):
            self.unpublish(endpoint_id)
        self.store.endpoints.drop(endpoint_id)

    def published(self) -> list[dict[str, Any]]:
        """All published ports: ``proto``, ``host_ip`` (empty: all), ``host_port``, ``ip``, ``port``."""
        return [port for endpoint in self.endpoints.values() for port in endpoint.get("Ports") or []]

    def close(self) -> None:
        """Let go of sockets and ports. What is in the kernel stays."""
        self.ports.close()
        self.rooms.close()
        self.kernel.close()


@contextlib.contextmanager
def rollback() -> Iterator[contextlib.ExitStack]:
    """A stack of undo functions: run, last first, if the block raises; forgotten if it ends well.

    An undo that fails does not hide the reason why it was needed.
    """
    stack = contextlib.ExitStack()
    try:
        yield stack
    except BaseException:
        with contextlib.suppress(Exception):
            stack.close()
        raise
    stack.pop_all()
