"""All routes that a plugin may answer, network, IPAM and volume driver's alike, and the ways to look one up."""

from __future__ import annotations

from collections.abc import Iterable

from workshop.protocol.ipam import IPAM_ROUTES
from workshop.protocol.routes import NETWORK_ROUTES, Route
from workshop.protocol.volumes import VOLUME_ROUTES

ROUTES: tuple[Route, ...] = NETWORK_ROUTES + IPAM_ROUTES + VOLUME_ROUTES

BY_PATH = {route.path: route for route in ROUTES}
"""Routes by URL path, as in ``/NetworkDriver.Join``."""

BY_NAME = {route.name: route for route in ROUTES}
"""Routes by handler name, as in ``join`` or ``volume_mount``."""


def interfaces(names: Iterable[str]) -> list[str]:
    """The APIs that handlers of these names answer, as Activate's ``Implements`` has them."""
    answered = set(names)
    found = [route.interface for route in ROUTES if route.name in answered and route.interface != "Plugin"]
    return list(dict.fromkeys(found))
