"""The table of the network driver's routes: what Docker may call, with what, expecting what, what failing does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workshop.protocol import types as t


@dataclass(frozen=True)
class Route:
    """One route of the plugin API.

    ``request`` and ``answer`` are the TypedDicts of the bodies (``request`` is ``None`` where Docker sends
    none). ``when`` says when Docker calls it, ``on_error`` what Docker does when ``Err`` is answered,
    ``since`` which Docker called it first (empty: as old as the API), ``prefix`` is what its handler's name begins
    with, where the method alone would not tell which API is meant, and ``error`` the field in which a failure is told.
    """

    interface: str
    method: str
    request: type | None
    answer: type
    meaning: str
    when: str
    on_error: str
    since: str = ""
    prefix: str = ""
    error: str = "Err"

    @property
    def full_name(self) -> str:
        """As Docker writes it: ``NetworkDriver.CreateNetwork``."""
        return f"{self.interface}.{self.method}"

    @property
    def path(self) -> str:
        """The URL path of the POST."""
        return f"/{self.full_name}"

    @property
    def name(self) -> str:
        """The handler's name: ``create_network``."""
        return self.prefix + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.method).lower()


def _driver(*row: object, since: str = "") -> Route:
    return Route("NetworkDriver", *row, since=since)  # type: ignore[arg-type]


NETWORK_ROUTES: tuple[Route, ...] = (
    Route(
        "Plugin",
        "Activate",
        None,
        t.ActivateAnswer,
        "Which plugin APIs the process answers.",
        "The first time a command names the plugin. Docker remembers the answer until it is restarted.",
        "The plugin is not used; the command fails.",
    ),
    _driver(
        "GetCapabilities",
        None,
        t.CapabilitiesAnswer,
        "How far the driver's networks reach.",
        "Right after Activate. Docker remembers the answer until it is restarted.",
        "Only logged; from then on Docker says the plugin's name could not be resolved.",
    ),
    _driver(
        "GwAllocCheck",
        t.GwAllocCheckRequest,
        t.GwAllocCheckAnswer,
        "Whether the network needs gateway addresses.",
        "Before CreateNetwork, if GetCapabilities answered GwAllocChecker.",
        "`docker network create` fails.",
        since="28.0",
    ),
    _driver(
        "AllocateNetwork",
        t.AllocateNetworkRequest,
        t.AllocateNetworkAnswer,
        "Decide for all nodes what a global network needs, such as its VNI.",
        "On a Swarm manager, for a driver with global scope, when a network is created.",
        "The network stays unallocated; Swarm tries again.",
        since="1.12",
    ),
    _driver(
        "FreeNetwork",
        t.NetworkRequest,
        t.Empty,
        "Give back what AllocateNetwork decided.",
        "On a Swarm manager, when a global network is removed.",
        "Logged.",
        since="1.12",
    ),
    _driver(
        "CreateNetwork",
        t.CreateNetworkRequest,
        t.Empty,
        "Make a network.",
        "`docker network create`; for a global network on each node when its first container starts. Never "
        "again after a restart: the driver has to remember its networks.",
        "`docker network create` fails and shows the text.",
    ),
    _driver(
        "DeleteNetwork",
        t.NetworkRequest,
        t.Empty,
        "Remove a network.",
        "`docker network rm`.",
        "Only logged: what was not removed leaks.",
    ),
    _driver(
        "CreateEndpoint",
        t.CreateEndpointRequest,
        t.CreateEndpointAnswer,
        "Prepare one container's attachment.",
        "`docker run`, `docker start`, `docker network connect`.",
        "The container is not started, and the text is shown. DeleteEndpoint is not called.",
    ),
    _driver(
        "EndpointOperInfo",
        t.EndpointRequest,
        t.OperInfoAnswer,
        "Tell what is worth knowing about an endpoint.",
        "After Join, and when Docker wants to show the endpoint.",
        "20.10 and 26.1 do not start the container; 28 carries on.",
    ),
    _driver(
        "DeleteEndpoint",
        t.EndpointRequest,
        t.Empty,
        "Remove what CreateEndpoint made.",
        "`docker stop`, `docker rm -f`, `docker network disconnect`, and when Join failed.",
        "Only logged: what was not removed leaks.",
    ),
    _driver(
        "Join",
        t.JoinRequest,
        t.JoinAnswer,
        "Name the link that goes into the container, and its gateway and routes.",
        "After CreateEndpoint, once the container's network namespace is there.",
        "The container is not started; Docker calls DeleteEndpoint.",
    ),
    _driver(
        "Leave",
        t.EndpointRequest,
        t.Empty,
        "The container lets go of the endpoint.",
        "Before DeleteEndpoint. Afterwards Docker renames the link back and returns it to the host.",
        "Only logged.",
    ),
    _driver(
        "ProgramExternalConnectivity",
        t.ProgramExternalConnectivityRequest,
        t.Empty,
        "Make the endpoint's published ports reachable from outside.",
        "After Join, for the endpoint that is the container's gateway; not for internal networks.",
        "The container is not started; Leave and DeleteEndpoint follow. A 404 is tolerated.",
        since="1.9",
    ),
    _driver(
        "RevokeExternalConnectivity",
        t.EndpointRequest,
        t.Empty,
        "Take back what ProgramExternalConnectivity did.",
        "Before Leave, and when another endpoint becomes the container's gateway.",
        "Only logged. A 404 is tolerated.",
        since="1.9",
    ),
    _driver(
        "DiscoverNew",
        t.DiscoveryRequest,
        t.Empty,
        "A node joined the cluster.",
        "For a driver with global scope, once for each node, itself included.",
        "Only logged.",
    ),
    _driver(
        "DiscoverDelete",
        t.DiscoveryRequest,
        t.Empty,
        "A node left the cluster.",
        "For a driver with global scope.",
        "Only logged.",
    ),
)
