"""All kinds of network in one plugin: ``-o type=`` chooses the driver of a network, and what is remembered, later on.

What names neither a kind nor a known network is given to every driver: each removes what is its own, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers import Driver, Handler, options
from workshop.drivers.common import handlers_of
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.protocol import BY_NAME

ABOUT_ALL = ("activate", "get_capabilities")
"""Routes that are about the plugin: the first driver answers."""

ASKED = {"gw_alloc_check": options.GENERIC, "create_network": options.GENERIC, "allocate_network": None}
"""Routes whose request has the user's options, and under which key of ``Options``; ``None``: ``Options`` itself."""

TOLD = ("discover_new", "discover_delete", "free_network")
"""Routes that every driver is told of."""

HARMLESS = ("delete_network", "delete_endpoint", "leave", "revoke_external_connectivity")
"""Routes that take back: of a network that is not remembered, every driver takes back what is its own."""

Request = dict[str, Any]


class ByType:
    """Drivers by kind of network, as one driver. The first is for networks that say no ``type``."""

    def __init__(self, drivers: Mapping[str, Driver]) -> None:
        self._drivers = dict(drivers)
        self._default = next(iter(self._drivers))
        self.OPTIONS = (options.kind(*self._drivers),)
        self._handlers = {name: handlers_of(vars(driver), BY_NAME) for name, driver in drivers.items()}
        routes = dict.fromkeys(route for each in self._handlers.values() for route in each)
        vars(self).update({route: self._route(route) for route in routes})

    def _route(self, route: str) -> Handler:
        if route in ABOUT_ALL:
            return self._handlers[self._default][route]
        if route in TOLD:
            return self._tell(route)
        return self._choose(route)

    def _choose(self, route: str) -> Handler:
        def handle(request: Request, host: Host) -> Mapping[str, Any]:
            network = host.networks.get(request.get("NetworkID") or "")
            if route in ASKED:
                given = request.get("Options") or {}
                key = ASKED[route]
                kind = self._type(given if key is None else given.get(key))
                if network is not None and self._type_of(network) != kind:
                    raise PluginError(
                        f"option {options.TYPE}: this network is there already, as {self._type_of(network)}"
                    )
                return self._of(kind, route)(request, host)
            if network is not None:
                return self._of(self._type_of(network), route)(request, host)
            if route in HARMLESS:
                return self._tell(route)(request, host)
            return self._of(self._default, route)(request, host)

        handle.__doc__ = f"{BY_NAME[route].full_name}: by the driver of the network."
        return handle

    def _tell(self, route: str) -> Handler:
        def handle(request: Request, host: Host) -> Mapping[str, Any]:
            for handlers in self._handlers.values():
                if route in handlers:
                    handlers[route](request, host)
            return {}

        handle.__doc__ = f"{BY_NAME[route].full_name}: every driver is told."
        return handle

    def _of(self, kind: str, route: str) -> Handler:
        handlers = self._handlers[kind]
        if route not in handlers:
            raise PluginError(f"{BY_NAME[route].full_name} is not for networks of type {kind}")
        return handlers[route]

    def _type(self, given: Any) -> str:
        """The kind that options name. Raises PluginError if there is none of that name."""
        text = given.get(options.TYPE) if isinstance(given, Mapping) else None
        if text is None:
            return self._default
        try:
            return self.OPTIONS[0].read(str(text))
        except ValueError as error:
            raise PluginError(f"option {options.TYPE}: {text!r} is not valid; expected {error}") from None

    def _type_of(self, network: Mapping[str, Any]) -> str:
        return self._type((network.get("Options") or {}).get(options.GENERIC))

    # -- what a driver has beside its routes

    def restore_network(self, request: Request, host: Host) -> list[str]:
        """As of the network's driver."""
        return self._drivers[self._type_of(request)].restore_network(request, host)

    def is_lost(self, endpoint_id: str, host: Host) -> bool:
        """As of the network's driver; of no network, an endpoint is lost."""
        network = host.networks.get((host.endpoints.get(endpoint_id) or {}).get("NetworkID") or "")
        return network is None or self._drivers[self._type_of(network)].is_lost(endpoint_id, host)

    def look_after(self, host: Host) -> None:
        """All drivers look after what is theirs."""
        for driver in self._drivers.values():
            getattr(driver, "look_after", lambda host: None)(host)

    def elements(self, network_id: str, network: Request, host: Host) -> dict[str, list[str]]:
        """As of the network's driver."""
        return self._drivers[self._type_of(network)].elements(network_id, network, host)
