"""Routes that every driver answers alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers.host import Host
from workshop.drivers.reconcile import forget_lost_endpoints
from workshop.protocol.types import (
    ActivateAnswer,
    AllocateNetworkAnswer,
    AllocateNetworkRequest,
    CapabilitiesAnswer,
    DiscoveryRequest,
    Empty,
    NetworkRequest,
)


def activate(request: Empty, host: Host) -> ActivateAnswer:
    """Plugin.Activate: what this process is, by what it answers.

    Docker asks anew after its restart, when containers may have been lost.
    """
    forget_lost_endpoints(host)
    return {"Implements": host.implements()}


def get_capabilities(request: Empty, host: Host) -> CapabilitiesAnswer:
    """NetworkDriver.GetCapabilities: how far networks reach, and that we want to be asked about gateways."""
    return {"Scope": host.scope, "ConnectivityScope": host.scope, "GwAllocChecker": True}  # type: ignore[typeddict-item]


def allocate_network(request: AllocateNetworkRequest, host: Host) -> AllocateNetworkAnswer:
    """NetworkDriver.AllocateNetwork: every node gets the user's own options; one not answered would be lost."""
    return {"Options": request.get("Options") or {}}


def free_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.FreeNetwork: nothing was taken by AllocateNetwork."""
    return {}


def discover_new(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverNew: a network on one host needs to know of no other."""
    return {}


def discover_delete(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverDelete: as discover_new."""
    return {}


def handlers_of(driver: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The handlers of a driver: its functions that are named as routes, and the common ones for the rest."""
    return {name: driver.get(name) or globals().get(name) for name in names if driver.get(name) or globals().get(name)}
