"""What Docker says in the life of one network with one container that publishes a port."""

from __future__ import annotations

from typing import Any

NETWORK, ENDPOINT = "5a" * 32, "e1" * 32
BRIDGE, HOST_END = "wsb5a5a5a5a5a", "wshe1e1e1e1e1"
POOL = [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}]
PORTS = {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]}
NAMED = {"com.docker.network.generic": {"bridge": "br-shop"}}
"""Options of a network whose bridge is to have a name that is not ours."""
ROUTED = {"com.docker.network.generic": {"type": "routed"}}
"""Options of a network without a bridge."""

METHODS = (
    "CreateNetwork",
    "CreateEndpoint",
    "Join",
    "ProgramExternalConnectivity",
    "RevokeExternalConnectivity",
    "Leave",
    "DeleteEndpoint",
    "DeleteNetwork",
)


def whole_life(options: dict[str, Any] | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The calls, in order: method and request. ``options`` are the network's."""
    network, endpoint = {"NetworkID": NETWORK}, {"NetworkID": NETWORK, "EndpointID": ENDPOINT}
    more: dict[str, dict[str, Any]] = {
        "CreateNetwork": {"IPv4Data": POOL, "Options": options or {}},
        "CreateEndpoint": {"Interface": {"Address": "10.9.0.2/24"}},
        "Join": {"SandboxKey": "/x"},
        "ProgramExternalConnectivity": {"Options": PORTS},
    }
    return [
        (method, {**(network if method.endswith("Network") else endpoint), **more.get(method, {})})
        for method in METHODS
    ]
