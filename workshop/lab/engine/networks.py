"""Networks: creating, finding and removing them, as `docker network` does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from workshop.lab.engine import subnets
from workshop.lab.engine.builtin import BRIDGE_NAME, BridgeDriver
from workshop.lab.engine.decoding import PluginFailure, field
from workshop.lab.engine.ipam_drivers import DEFAULT, IpamDrivers
from workshop.lab.engine.model import GENERIC, Driver, Network
from workshop.lab.engine.names import new_id
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.remote import Plugin, Plugins
from workshop.lab.engine.versions import Version

PREDEFINED = {"bridge": "bridge", "host": "host", "none": "null"}
"""Networks that are always there, and their drivers."""

GATEWAY_BRIDGE = "docker_gwbridge"
_NO_SWARM = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node '
    "to swarm and try again."
)


class PluginDriver:
    """A plugin as the driver of a network."""

    is_remote = True

    def __init__(self, plugin: Plugin) -> None:
        self.plugin, self.scope = plugin, plugin.capabilities["Scope"]

    def call(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the plugin answers. Raises PluginFailure."""
        return self.plugin.call(f"NetworkDriver.{route}", body)


class Networks:
    """The networks of one engine, by ID. ``tell`` takes the fields of a `docker` event."""

    def __init__(
        self, version: Version, ipam: IpamDrivers, plugins: Plugins, bridge: BridgeDriver, tell: Callable[..., None]
    ) -> None:
        self._version, self._ipam, self._plugins, self._bridge = version, ipam, plugins, bridge
        self._tell = tell
        self._all: dict[str, Network] = {}
        self._names: set[str] = set()
        self._lock, self._gateway_lock = threading.RLock(), threading.Lock()
        self._being_made, self._made = 0, threading.Condition(self._lock)

    def predefine(self) -> None:
        """Make the networks that are always there."""
        for name, driver in PREDEFINED.items():
            body = {"Name": name, "Driver": driver}
            if driver == "bridge":
                body["Options"] = {BRIDGE_NAME: "docker0"}
            self._make(body, builtin=True)

    def all(self) -> list[Network]:
        """Every network, by name."""
        return sorted(self._all.values(), key=lambda network: network.name)

    def find(self, key: str) -> Network:
        """A network by ID, name, or the beginning of its ID. Raises Refusal (404)."""
        networks = list(self._all.values())
        exact = [network for network in networks if network.id == key] or [n for n in networks if n.name == key]
        found = exact or [network for network in networks if key and network.id.startswith(key)]
        if not found:
            raise Refusal(f"network {key} not found", 404)
        if len(found) > 1:
            raise Refusal(f"network {key} is ambiguous ({len(found)} matches found based on ID prefix)", 400)
        return found[0]

    def create(self, body: dict[str, Any]) -> Network:
        """What `docker network create` asks for, as the Engine API's body. Raises Refusal."""
        name = str(body.get("Name") or "")
        if name in PREDEFINED:
            raise Refusal(f"operation is not permitted on predefined {name} network", 403)
        if not name.strip():
            raise Refusal("invalid name: name is empty", 400)
        with self._lock:
            if name in self._names:
                raise Refusal(f"network with name {name} already exists", 409)
            self._names.add(name)
            self._being_made += 1
        try:
            return self._make(body)
        except BaseException:
            with self._lock:
                self._names.discard(name)
            raise
        finally:
            with self._made:
                self._being_made -= 1
                self._made.notify_all()

    def remove(self, network: Network) -> None:
        """What `docker network rm` does; an Err from DeleteNetwork does not stop it. Raises Refusal."""
        if network.name in PREDEFINED:
            raise Refusal(f"{network.name} is a pre-defined network and cannot be removed", 403)
        with network.lock:
            if network.endpoints:
                endpoints = ", ".join(f'name:"{e.name}" id:"{e.id[:12]}"' for e in network.endpoints.values())
                text = self._version.active_endpoints
                raise Refusal(text.format(name=network.name, id=network.id, endpoints=endpoints), 403)
            if self._all.pop(network.id, None) is None:
                raise Refusal(f"network {network.name} not found", 404)
        subnets.release(network)
        with suppress(PluginFailure):
            network.driver.call("DeleteNetwork", {"NetworkID": network.id})
        with self._lock:
            self._names.discard(network.name)
        self._tell(networks={network.id: None})

    def clear(self) -> None:
        """Remove every network that is not predefined, also one with endpoints, as `docker network rm` would.

        Those that are just being made are waited for, for 2 s at most: make no more calls to their plugins before.
        """
        with self._made:
            self._made.wait_for(lambda: self._being_made == 0, 2)
        for network in self.all():
            if not network.builtin:
                network.endpoints.clear()
                with suppress(Refusal):
                    self.remove(network)
        self._ipam.rewind()

    def gateway_bridge(self) -> Network:
        """docker_gwbridge: the second interface of containers whose networks have no gateway."""
        with self._gateway_lock:
            with suppress(Refusal):
                return self.find(GATEWAY_BRIDGE)
            body = {"Name": GATEWAY_BRIDGE, "Driver": "bridge", "Options": {BRIDGE_NAME: GATEWAY_BRIDGE}}
            return self._make(body, hidden=True)

    def _make(self, body: dict[str, Any], builtin: bool = False, hidden: bool = False) -> Network:
        name, driver_name, addresses = body["Name"], body.get("Driver") or "bridge", body.get("IPAM") or {}
        network = Network(
            new_id(),
            name,
            driver_name,
            self._driver(driver_name),
            options={str(key): str(value) for key, value in (body.get("Options") or {}).items()},
            labels=dict(body.get("Labels") or {}),
            ipv4=body.get("EnableIPv4") is not False or not self._version.tells_ipv4,
            ipv6=bool(body.get("EnableIPv6")),
            internal=bool(body.get("Internal")),
            attachable=bool(body.get("Attachable")),
            ipam_name=str(addresses.get("Driver") or DEFAULT),
            ipam_options={str(key): str(value) for key, value in (addresses.get("Options") or {}).items()},
            builtin=builtin,
            hidden=hidden,
        )
        if driver_name not in ("null", "host"):
            self._bring_up(network, addresses.get("Config") or [])
        self._all[network.id] = network
        self._names.add(name)
        return network

    def _bring_up(self, network: Network, wishes: list[dict[str, Any]]) -> None:
        options: dict[str, Any] = {GENERIC: network.options}
        if self._version.tells_ipv4:
            options["com.docker.network.enable_ipv4"] = network.ipv4
        options["com.docker.network.enable_ipv6"] = network.ipv6
        if network.internal:
            options["com.docker.network.internal"] = True
        self._tell(networks={network.id: {"name": network.name, "driver": network.driver_name}})
        try:
            subnets.check(wishes, self._version)
            skip = self._skipped_gateways(network, options)
            network.ipam = self._ipam.get(network.ipam_name)
            subnets.allocate(network, wishes, skip, self._version)
            four, six = ([each.as_data() for each in some] for some in (network.subnets4, network.subnets6))
            body = {"NetworkID": network.id, "Options": options, "IPv4Data": four, "IPv6Data": six}
            network.driver.call("CreateNetwork", body)
        except (Refusal, PluginFailure) as error:
            subnets.release(network)
            self._tell(networks={network.id: None})
            raise error if isinstance(error, Refusal) else Refusal(str(error)) from None

    def _driver(self, name: str) -> Driver:
        if name in ("bridge", "null", "host"):
            return self._bridge
        plugin = PluginDriver(self._plugins.get(name))
        if plugin.scope == "global":
            raise Refusal(_NO_SWARM, 503)
        return plugin

    def _skipped_gateways(self, network: Network, options: dict[str, Any]) -> set[int]:
        """The IP versions (4, 6) whose gateway address the plugin does not want."""
        driver = network.driver
        checks = isinstance(driver, PluginDriver) and driver.plugin.capabilities["GwAllocChecker"]
        if not (checks and self._version.gw_alloc_check):
            return set()
        answer = driver.call("GwAllocCheck", {"Options": options})
        return {number for number in (4, 6) if field(answer, f"SkipIPv{number}")}
