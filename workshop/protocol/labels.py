"""The keys that Docker itself puts into ``Options``: free by their type, few in practice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workshop.protocol.types import ExposedPort, PortBinding


@dataclass(frozen=True)
class Label:
    """One key of ``Options``: in which routes (by handler name), what it holds, since which Docker.

    ``type`` is the type of its value, or of the list's elements where ``many``.
    """

    key: str
    routes: tuple[str, ...]
    type: Any
    meaning: str
    example: Any
    since: str = ""
    many: bool = False


_NETWORK = ("gw_alloc_check", "create_network")
_ENDPOINT = ("create_endpoint", "join", "program_external_connectivity")
_BINDING = {"Proto": 6, "IP": "", "Port": 80, "HostIP": "", "HostPort": 8080, "HostPortEnd": 8080}

LABELS: tuple[Label, ...] = (
    Label(
        "com.docker.network.generic",
        _NETWORK,
        dict[str, Any],
        "The user's `-o key=value` pairs, all of them strings.",
        {"com.docker.network.driver.mtu": "1400"},
    ),
    Label(
        "com.docker.network.enable_ipv4",
        _NETWORK,
        bool,
        "Whether the network has IPv4; false after `--ipv4=false`.",
        True,
        "28.0",
    ),
    Label("com.docker.network.enable_ipv6", _NETWORK, bool, "Whether the network has IPv6: `--ipv6`.", False),
    Label(
        "com.docker.network.internal",
        _NETWORK,
        bool,
        "`--internal`: no way out of the network. Sent only if true.",
        True,
    ),
    Label(
        "com.docker.network.portmap",
        _ENDPOINT,
        PortBinding,
        "Published ports: `-p`.",
        [_BINDING],
        many=True,
    ),
    Label(
        "com.docker.network.endpoint.exposedports",
        _ENDPOINT,
        ExposedPort,
        "Exposed ports: `--expose`, `EXPOSE` in the image, and the published ones.",
        [{"Proto": 6, "Port": 80}],
        many=True,
    ),
    Label(
        "com.docker.network.endpoint.macaddress",
        ("create_endpoint",),
        str,
        "The MAC that the user asked for, its six bytes in Base64; `Interface.MacAddress` has it readable.",
        "AkIKCQAy",
        "after 20.10",
    ),
    Label(
        "RequestAddressType",
        ("ipam_request_address",),
        str,
        "`com.docker.network.gateway`: the address is to be the gateway's. Sent only then.",
        "com.docker.network.gateway",
        "1.9",
    ),
    Label(
        "com.docker.network.endpoint.macaddress",
        ("ipam_request_address",),
        str,
        "The container's MAC address, if GetCapabilities answered RequiresMACAddress.",
        "02:42:0a:09:00:05",
        "1.10",
    ),
    Label(
        "com.docker.network.driver.private.no_proxy_6to4",
        ("program_external_connectivity",),
        bool,
        "A word of Docker to its own bridge driver about the userland proxy; others ignore it.",
        False,
        "after 26.1",
    ),
)
