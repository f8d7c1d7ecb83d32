"""The null driver: it answers every route as briefly as Docker allows, and makes nothing.

What is to be written whole, such as a driver of one's own, begins with it. What other handlers made beside it (see
``adopted.py``), it removes.
"""

from __future__ import annotations

from typing import Any

from workshop.drivers import adopted, options
from workshop.drivers.common import (
    activate,
    allocate_network,
    discover_delete,
    discover_new,
    free_network,
)
from workshop.drivers.host import Host
from workshop.drivers.links import sandbox_is_gone
from workshop.protocol import types as t

OPTIONS = (options.kind("null"),)


def get_capabilities(request: t.Empty, host: Host) -> t.CapabilitiesAnswer:
    """NetworkDriver.GetCapabilities: how far networks reach; gateways get their addresses as always."""
    return {"Scope": host.scope, "ConnectivityScope": host.scope}  # type: ignore[typeddict-item]


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: gateways get their addresses as always."""
    return {}


def create_network(request: t.CreateNetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.CreateNetwork: the plugin remembers it, and that is all.

    Options pass unread but for ``type``: whoever answers other routes in its place may know them.
    """
    options.read(OPTIONS, request, lambda text: None)
    return {}


def restore_network(request: t.CreateNetworkRequest, host: Host) -> list[str]:
    """There is nothing to be made again."""
    return []


def is_lost(endpoint_id: str, host: Host) -> bool:
    """Whether the container's sandbox is gone: there is no link to look at."""
    return sandbox_is_gone(host, endpoint_id)


def elements(network_id: str, network: dict[str, Any], host: Host) -> dict[str, list[str]]:
    """Nothing is needed in the firewall."""
    return {}


def delete_network(request: t.NetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteNetwork: what others made for it, or for an endpoint that was not deleted, is gone."""
    for row in host.store.endpoints_of(request["NetworkID"]).values():
        adopted.remove(host, row)
    adopted.remove(host, host.networks.get(request["NetworkID"]))
    return {}


def create_endpoint(request: t.CreateEndpointRequest, host: Host) -> t.CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: no link is made, and nothing that Docker chose is changed."""
    return {"Interface": {}}


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: no link is moved into the container, and Docker is to add none by itself."""
    return {"InterfaceName": {"SrcName": "", "DstPrefix": "eth"}, "DisableGatewayService": True}


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.Leave: nothing to do."""
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteEndpoint: what others made for it is gone."""
    adopted.remove(host, host.endpoints.get(request["EndpointID"]))
    return {}


def endpoint_oper_info(request: t.EndpointRequest, host: Host) -> t.OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: nothing is known."""
    value: dict[str, Any] = {}
    return {"Value": value}


def program_external_connectivity(request: t.ProgramExternalConnectivityRequest, host: Host) -> t.Empty:
    """NetworkDriver.ProgramExternalConnectivity: no port is published."""
    return {}


def revoke_external_connectivity(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.RevokeExternalConnectivity: there is none to be taken back."""
    return {}


__all__ = [
    "OPTIONS",
    "activate",
    "allocate_network",
    "create_endpoint",
    "create_network",
    "delete_endpoint",
    "delete_network",
    "discover_delete",
    "discover_new",
    "elements",
    "endpoint_oper_info",
    "free_network",
    "get_capabilities",
    "gw_alloc_check",
    "is_lost",
    "join",
    "leave",
    "program_external_connectivity",
    "restore_network",
    "revoke_external_connectivity",
]
