"""What the engine knows: networks, endpoints, containers. Plain data; what they do is elsewhere."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from workshop.kernel.namespaces import Namespace
from workshop.lab.engine.ipam_drivers import IpamDriver, PoolLike
from workshop.lab.engine.mounts import Mounts

GENERIC = "com.docker.network.generic"
EXPOSED = "com.docker.network.endpoint.exposedports"
PORTMAP = "com.docker.network.portmap"
MAC = "com.docker.network.endpoint.macaddress"
NO_PROXY = "com.docker.network.driver.private.no_proxy_6to4"


class Driver(Protocol):
    """Whoever makes a network: a plugin, or the engine's own bridge. Raises PluginFailure."""

    scope: str
    is_remote: bool

    def call(self, route: str, body: dict[str, Any]) -> dict[str, Any]: ...


@dataclass
class Subnet:
    """One subnet of a network. ``gateway`` has the mask; empty if the network needs none."""

    pool: PoolLike
    gateway: str = ""
    aux: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """The entry of IPv4Data or IPv6Data in CreateNetwork."""
        data: dict[str, Any] = {"AddressSpace": self.pool.space, "Pool": str(self.pool.subnet)}
        if self.aux:
            data["AuxAddresses"] = self.aux
        if self.gateway:
            data["Gateway"] = self.gateway
        return data


@dataclass
class Network:
    """A network, as `docker network create` made it. ``ipam`` is there once it has, or is to have, subnets."""

    id: str
    name: str
    driver_name: str
    driver: Driver
    subnets4: list[Subnet] = field(default_factory=list)
    subnets6: list[Subnet] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    ipv4: bool = True
    ipv6: bool = False
    internal: bool = False
    attachable: bool = False
    ipam_name: str = "default"
    ipam_options: dict[str, str] = field(default_factory=dict)
    ipam: IpamDriver = field(init=False, repr=False)
    builtin: bool = False
    hidden: bool = False
    created: str = field(default_factory=lambda: timestamp())
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)


@dataclass
class Attachment:
    """What a container wants of one network: kept while it is stopped."""

    network_id: str
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    aliases: list[str] = field(default_factory=list)
    driver_options: dict[str, str] = field(default_factory=dict)
    priority: int = 0
    endpoint: Endpoint | None = None


@dataclass
class Endpoint:
    """A container's end in a network. Addresses have their masks. ``link`` is its name in the sandbox, once
    there.
    """

    id: str
    network: Network
    name: str
    container_id: str
    address: str = ""
    address6: str = ""
    mac: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    prefix: str = ""
    exact_name: str = ""
    gateway: str = ""
    gateway6: str = ""
    routes: list[tuple[str, int, str]] = field(default_factory=list)
    no_gateway_service: bool = False
    priority: int = 0
    link: str = ""
    joined: bool = False


@dataclass
class Sandbox:
    """A container's network namespace while it runs: ``key`` is the path that Join tells.

    ``closing``: all of it is being taken away. ``abandoned``: its links may end with it.
    """

    id: str
    key: str
    namespace: Namespace | None = None
    endpoints: list[Endpoint] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    closing: bool = False
    abandoned: bool = False
    gateway_of: Endpoint | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def ordered(self) -> list[Endpoint]:
        """The joined endpoints, the one that should be the gateway first."""
        return sorted((e for e in self.endpoints if e.joined), key=_rank)

    def gateway_endpoint(self) -> Endpoint | None:
        """The endpoint whose gateway is the container's, if any has one."""
        return next((e for e in self.ordered() if e.gateway or e.gateway6), None)

    def behind(self) -> Endpoint | None:
        """The endpoint on docker_gwbridge, if there is one."""
        return next((e for e in self.endpoints if e.network.hidden), None)


def _rank(endpoint: Endpoint) -> tuple[bool, bool, int, bool, str]:
    dual = bool(endpoint.gateway and endpoint.gateway6)
    return (
        endpoint.network.hidden,
        endpoint.network.internal,
        -endpoint.priority,
        not dual,
        endpoint.network.name,
    )


@dataclass
class Container:
    """A container: what `docker run` said, and the state it is in."""

    id: str
    name: str
    image: str
    command: list[str]
    hostname: str
    env: list[str]
    labels: dict[str, str]
    mode: str
    exposed: list[dict[str, Any]]
    portmap: list[dict[str, Any]]
    port_bindings: dict[str, Any]
    auto_remove: bool
    attachments: dict[str, Attachment]
    mounts: Mounts = field(default_factory=Mounts)
    workdir: str = ""
    stop_timeout: int = 10
    cap_add: list[str] = field(default_factory=list)
    cap_drop: list[str] = field(default_factory=list)
    capabilities: int = 0
    created: str = field(default_factory=lambda: timestamp())
    born: float = field(default_factory=time.time)
    state: str = "created"
    gone: bool = False
    exit_code: int = 0
    error: str = ""
    started: str = "0001-01-01T00:00:00Z"
    started_at: float = 0.0
    finished: str = "0001-01-01T00:00:00Z"
    finished_at: float = 0.0
    process: Any = None
    sandbox: Sandbox | None = None
    output: Any = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    ended: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @property
    def short_id(self) -> str:
        return self.id[:12]

    @property
    def running(self) -> bool:
        return self.state == "running"


def timestamp() -> str:
    """Now, as Docker writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
