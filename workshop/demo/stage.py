"""What the steps of a talk act upon: the hosts of a lab, with an engine and a plugin on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workshop.drivers import Handler
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import PracticeEngine
from workshop.plugin.plugin import Plugin
from workshop.topology.graph import Graph


@dataclass
class Stage:
    """A lab in which talks are given. ``socket`` is that of the first host's engine, ``world`` what is outside.

    ``stopped`` says whether what is under way is to be broken off.
    """

    socket: Path
    world: Namespace
    engines: Mapping[str, PracticeEngine]
    plugins: Mapping[str, Plugin]
    journal: Journal
    graph: Callable[[], Graph]
    stopped: Callable[[], bool]
    replaced: dict[str, dict[str, Handler]] = field(default_factory=dict)
    """The handlers that broken ones have taken the place of, by host."""
    since: int = 0
    """The journal's last event before handlers were replaced or put back: a fault is looked for after it."""

    def addresses(self) -> dict[str, str]:
        """The hosts' addresses, by their names."""
        return {name: engine.host.address for name, engine in self.engines.items()}

    def holds(self) -> bool:
        """Whether somebody holds a call: who waits for Docker has to wait for that."""
        return any(plugin.pipeline.gate.holds for plugin in self.plugins.values())

    def namespace(self, host: str) -> Namespace:
        """A host's network namespace."""
        return self.engines[host].host.namespace

    def discover(self, host: str, of: str, *, gone: bool = False) -> None:
        """Tell a host's plugin that a node came or went, as Docker does: over its socket, with Docker's own body.

        Raises PluginFailure.
        """
        plugin = self.engines[host].plugins.get(self.plugins[host].name)
        is_here, address = host == of, self.engines[of].host.address
        data = {"Address": address, "BindAddress": address if is_here else "", "Self": is_here}
        route = "NetworkDriver.DiscoverDelete" if gone else "NetworkDriver.DiscoverNew"
        plugin.call(route, {"DiscoveryType": 1, "DiscoveryData": data})

    def replace(self, host: str, handlers: Mapping[str, Handler]) -> None:
        """Let other handlers answer on a host, until ``put_back``."""
        self.since = self.journal.last
        current = self.plugins[host].pipeline.handlers
        kept = self.replaced.setdefault(host, {})
        for route, handler in handlers.items():
            kept.setdefault(route, current[route])
            current[route] = handler

    def put_back(self, host: str) -> None:
        """The plugin's own handlers answer again."""
        self.since = self.journal.last
        self.plugins[host].pipeline.handlers.update(self.replaced.pop(host, {}))


def what_there_is(plugins: Mapping[str, Plugin]) -> set[str]:
    """What is on the hosts and in the plugins' memory: the same before and after a talk that removes all it made."""
    found = set()
    for name, plugin in plugins.items():
        host = plugin.host
        found |= {f"link {link.get('ifname')} on {name}" for link in host.kernel.links()}
        for route in host.kernel.get_routes(family=2, table=254):
            found.add(f"route {route.get('dst') or 'default'} on {name}")
        found |= {f"network {key[:12]} in the store of {name}" for key in host.networks}
        found |= {f"endpoint {key[:12]} in the store of {name}" for key in host.endpoints}
        found |= {f"tunnel of {key[:12]} in the store of {name}" for key in host.store.tunnels}
        found |= {f"node {key} in the store of {name}" for key in host.store.nodes}
        found |= {f"table {host.firewall.table} on {name}"} if host.firewall.exists() else set()
        found |= {f"chain {host.forwarding.chain} of {program} on {name}" for program in host.forwarding.found_in()}
    return found
