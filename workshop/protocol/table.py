"""All routes that a plugin may answer, network and volume driver's alike, and the ways to look one up."""

from __future__ import annotations

from workshop.protocol.routes import NETWORK_ROUTES, Route
from workshop.protocol.volumes import VOLUME_ROUTES

ROUTES: tuple[Route, ...] = NETWORK_ROUTES + VOLUME_ROUTES

BY_PATH = {route.path: route for route in ROUTES}
"""Routes by URL path, as in ``/NetworkDriver.Join``."""

BY_NAME = {route.name: route for route in ROUTES}
"""Routes by handler name, as in ``join`` or ``volume_mount``."""
