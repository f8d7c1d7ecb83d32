"""The practice engine: all its parts put together for one host."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import firewall as docker_rules
from workshop.lab.engine import render
from workshop.lab.engine.builtin import BridgeDriver
from workshop.lab.engine.connector import Connector
from workshop.lab.engine.containers import Containers
from workshop.lab.engine.endpoints import Endpoints
from workshop.lab.engine.execs import Execs
from workshop.lab.engine.gateways import Gateways
from workshop.lab.engine.ipam import Ipam, IPNetwork
from workshop.lab.engine.ipam_drivers import IpamDrivers
from workshop.lab.engine.links import Links
from workshop.lab.engine.model import Container, Network
from workshop.lab.engine.mounting import Mounting
from workshop.lab.engine.names import new_id
from workshop.lab.engine.networks import Networks
from workshop.lab.engine.remote import Clock, Plugins
from workshop.lab.engine.versions import version_of
from workshop.lab.engine.volume_drivers import LocalDriver, VolumeDrivers
from workshop.lab.engine.volumes import Volumes
from workshop.lab.lab import Host

THREADS = 48
"""Requests served at once: one that a breakpoint holds, or that streams output, takes one of them."""

PATIENCE = 5.0
"""Seconds in which at least one container has to go when the engine stops; else it waits for plugins no longer."""


class PracticeEngine:
    """Docker's part on one host of the lab.

    ``version`` is "20.10", "26.1" or "28.5". Plugins are found in ``plugin_dir``. ``directory`` is the
    engine's own folder (its sandboxes and containers' files); it is made if need be. With ``firewall``, the
    host's FORWARD chain drops what no rule accepts, as on Docker's hosts. ``clock`` lets tests wait for
    nothing. ``volume_dir`` is where plugins keep their volumes: what is elsewhere is not mounted into containers.
    Without it, there is no such place.

    ``networks``, ``volumes``, ``containers``, ``execs`` and ``plugins`` can be used directly, beside the API that
    ``serve`` opens.
    """

    def __init__(
        self,
        host: Host,
        version: str = "28.5",
        plugin_dir: str | Path = "/run/docker/plugins",
        directory: str | Path = "/tmp/practice-engine",
        *,
        firewall: bool = True,
        clock: Clock | None = None,
        volume_dir: str | Path | None = None,
    ) -> None:
        self.version = version_of(version)
        self.host, self.name = host, host.name
        self.id, self.started = new_id(), time.time()
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        folder = Path(directory)
        dropping = docker_rules.set_up(host.namespace, self.version) if firewall else False
        self.firewall = dropping
        """Whether FORWARD drops: False also where there is no working iptables."""

        own = Ipam(self.version.rotates_pools, self.id if self.version.ula else None, self._routes)
        self.plugins = Plugins((Path(plugin_dir),), self.version, clock)
        ipam = IpamDrivers(own, self.plugins, self.version)
        self._bridge = BridgeDriver(host.namespace, self.version, dropping)
        self.networks = Networks(self.version, ipam, self.plugins, self._bridge, self._tell)
        connector = self._make_connector()
        local = folder / "local-volumes"
        self.volumes = Volumes(VolumeDrivers(self.plugins, LocalDriver(local)))
        places = (Path(volume_dir), local) if volume_dir else (local,)
        mounting = Mounting(self.version, self.volumes, places)
        self.containers = Containers(
            self.version, self.networks, connector, mounting, host.namespace, folder, self._tell
        )
        self.execs = Execs(self.containers, self.version)
        self._server: Any = None
        self._stopped = False
        self.containers.prepare()
        self.networks.predefine()

    def serve(self, socket_path: str | Path) -> None:
        """Answer the Engine API on a unix socket, which only the owner may use; returns once it listens."""
        import waitress

        from workshop.lab.engine.app import make_app

        path = Path(socket_path)
        path.unlink(missing_ok=True)
        self._channels: dict[int, Any] = {}
        self._server = waitress.create_server(
            make_app(self),
            unix_socket=str(path),
            unix_socket_perms="600",
            threads=THREADS,
            map=self._channels,
            channel_timeout=86400,
        )
        self._path = path
        self._thread = threading.Thread(target=self._run, name="practice-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Remove all containers and stop answering. Networks and volumes are left to the plugin. Safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        self.containers.clear(PATIENCE, self.plugins.give_up)
        self.volumes.forget()
        self.containers.close()
        if self._server is not None:
            self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=0.5)
            self._server.trigger.pull_trigger(self._close_channels)  # in its own thread, so that it need not wake up
            self._thread.join(2)
            self._path.unlink(missing_ok=True)

    def abandon_links(self) -> list[Namespace]:
        """Leave the links of the containers that run now in their sandboxes when they end; the sandboxes' namespaces.

        The kernel takes 30 ms to move a link back. They go when the namespaces are closed, or their pairs removed.
        """
        kept = []
        for container in self.containers.all():
            sandbox = container.sandbox
            if sandbox is not None and sandbox.namespace is not None:
                kept.append(Namespace(os.dup(sandbox.namespace.descriptor)))
                sandbox.abandoned = True
        return kept

    def mend(self) -> None:
        """Make Docker's own links and rules anew, on a host that has lost them."""
        if self.firewall:
            docker_rules.set_up(self.host.namespace, self.version)
        self._bridge.make_again()

    def inspect(self, container: Container) -> dict[str, Any]:
        """`docker inspect` of a container, as the Engine API answers it."""
        names = {network.id: network.name for network in self.networks.all()}
        return render.inspected(container, self.version, names)

    def inspect_network(self, network: Network) -> dict[str, Any]:
        """`docker network inspect`, as the Engine API answers it."""
        names = {container.id: container.name for container in self.containers.all()}
        return render.network(network, self.version, names)

    def forget(self, patience: float = 0.0) -> None:
        """Be as if just started: no containers, no networks, no volumes, no plugin activated.

        Plugins are told nothing, and calls that are under way end with an error: it takes milliseconds, whatever the
        plugins do. Links in containers are gone with these; what plugins made on the host stays.

        With ``patience``, plugins are told as usual, unless no container can be removed in so many seconds, or not all
        networks and volumes. Whoever uses the engine meanwhile gets errors.
        """
        self.containers.clear(patience, self.plugins.give_up)
        if patience:
            limit = threading.Timer(patience, self.plugins.give_up)
            limit.start()
            try:
                self.networks.clear()
                self.volumes.clear()
            finally:
                limit.cancel()
        self.plugins.give_up()
        self.networks.clear()
        self.volumes.forget()
        self.execs.clear()

    def __enter__(self) -> PracticeEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # its socket is closed under it when it stops
            self._server.run()

    def _close_channels(self) -> None:
        for channel in list(self._channels.values()):
            channel.close()

    def on_event(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Have ``listener`` called with the data of each `docker` event, from any thread.

        It is told at once of the networks and containers that are there already.
        """
        self._listeners.append(listener)
        networks = {net.id: {"name": net.name, "driver": net.driver_name} for net in self.networks.all()}
        listener({"networks": networks})
        for container in self.containers.all():
            listener(self.containers.told(container))

    def _make_connector(self) -> Connector:
        endpoints = Endpoints(self.version, self._tell)
        links = Links(self.host.namespace, self.version, self._tell)
        return Connector(self.version, endpoints, links, Gateways(endpoints, links, self.networks.gateway_bridge))

    def _tell(self, **data: Any) -> None:
        for listener in self._listeners:
            listener(data)

    def _routes(self) -> list[IPNetwork]:
        """The subnets that the host has routes to."""

        def read() -> list[IPNetwork]:
            with IPRoute() as ip:
                routes = [route for route in ip.get_routes(table=254) if route.get("dst")]
                return [ipaddress.ip_network(f"{r.get('dst')}/{r['dst_len']}", strict=False) for r in routes]

        return self.host.namespace.run(read)


def default_directory() -> Path:
    """A folder for an engine, of this process only."""
    return Path(f"/tmp/workshop-engine-{os.getpid()}")
