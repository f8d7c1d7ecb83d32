"""What a reference driver is about to do with a call, as parts of a picture: from the request and what is remembered.

It asks the kernel nothing and changes nothing. Where that is not enough to know, there is no part rather than a wrong
one: what is said here, ``tests/plugin/test_plan.py`` compares with what the drivers then do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workshop.drivers import adopted, bridge_link, facts, load, naming, options
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.drivers.vxlan_options import HOST, OWN
from workshop.errors import PluginError, WorkshopError

Part = dict[str, Any]
"""``op`` (``add``, ``move`` into the container, ``back`` from there, ``remove``), ``what`` (``bridge``, ``tunnel``,
``dummy``, ``pair``, ``link``), ``name``; and as far as known ``peer`` (a pair's container end), ``on`` (what it is a
port of or sits on), ``within`` (the network's own namespace, if it is in there; a pair's ``peer`` is not),
``addresses`` (of a link that goes into a container: those that Docker will give it), ``prefix`` and ``gateways``."""

Request = Mapping[str, Any]

BRIDGED, ON_PARENT = ("bridge", "vxlan"), ("macvlan", "ipvlan")
"""Kinds of network that are a bridge on the host; that have their containers' links on a parent."""


def plan(route: str, request: Request, host: Host) -> list[Part]:
    """The parts of what the driver would do with a call of ``route`` (``create_network``); empty if it is not known."""
    read = _ROUTES.get(route)
    if read is None:
        return []
    row = request if route == "create_network" else host.networks.get(request.get("NetworkID") or "")
    if row is None:
        return []
    try:
        kind = host.type_of(row)
        chosen = options.read(load(kind).OPTIONS, row, lambda text: None)
        return read(request, host, kind, row, chosen)
    except (PluginError, WorkshopError):  # what is wrong with it, the handler will say
        return []


def _create_network(request: Request, host: Host, kind: str, row: Request, chosen: Options) -> list[Part]:
    network_id = request["NetworkID"]
    if kind in BRIDGED:
        name = bridge_link.name_of(network_id, chosen)
        within = _within(network_id, chosen)
        has_them = chosen.gateway and not within
        gateways = [str(each) for each in facts.facts_of(request).gateways] if has_them else []
        made: list[Part] = [{"op": "add", "what": "bridge", "name": name, "addresses": gateways, **within}]
        if kind == "vxlan":
            made.append({"op": "add", "what": "tunnel", "name": naming.tunnel(network_id), "on": name, **within})
        return made
    if kind in ON_PARENT and not chosen.parent:
        return [{"op": "add", "what": "dummy", "name": naming.dummy(network_id)}]
    return []


def _create_endpoint(request: Request, host: Host, kind: str, row: Request, chosen: Options) -> list[Part]:
    endpoint_id = request["EndpointID"]
    inside = {"addresses": _addresses(request.get("Interface") or {}), "prefix": chosen.prefix}
    if kind in ON_PARENT:
        parent = chosen.parent or naming.dummy(row["NetworkID"])
        return [{"op": "add", "what": "link", "name": naming.container_end(endpoint_id), "on": parent, **inside}]
    pair = {"name": naming.host_end(endpoint_id), "peer": naming.container_end(endpoint_id)}
    if kind in BRIDGED:
        bridge = adopted.bridge(row, bridge_link.name_of(row["NetworkID"], chosen))
        within = _within(row["NetworkID"], chosen)
        return [{"op": "add", "what": "pair", **pair, "on": bridge, **inside, **within}]
    return [{"op": "add", "what": "pair", **pair, **inside}] if kind == "routed" else []


def _join(request: Request, host: Host, kind: str, row: Request, chosen: Options) -> list[Part]:
    endpoint = host.endpoints.get(request["EndpointID"])
    if endpoint is None or kind == "null":
        return []
    part = {"op": "move", "what": "link", "name": adopted.container_end(host, request["EndpointID"])}
    read, gateways = facts.facts_of(row), []
    if kind in BRIDGED and chosen.gateway and not read.internal:
        gateways = [found for version in (4, 6) if (found := read.gateway(version))]
    inside = {"addresses": _addresses(endpoint.get("Interface") or {}), "prefix": chosen.prefix}
    return [{**part, **inside, "gateways": gateways}]


def _leave(request: Request, host: Host, kind: str, row: Request, chosen: Options) -> list[Part]:
    if request["EndpointID"] not in host.endpoints or kind == "null":
        return []
    return [{"op": "back", "what": "link", "name": adopted.container_end(host, request["EndpointID"])}]


def _delete_endpoint(request: Request, host: Host, kind: str, row: Request, chosen: Options) -> list[Part]:
    endpoint_id = request["EndpointID"]
    if endpoint_id not in host.endpoints or kind == "null":
        return []
    inside = adopted.container_end(host, endpoint_id)
    if kind in ON_PARENT:
        return [{"op": "remove", "what": "link", "name": inside}]
    within = _within(row["NetworkID"], chosen) if kind in BRIDGED else {}
    return [{"op": "remove", "what": "pair", "name": adopted.host_end(host, endpoint_id), "peer": inside, **within}]


def _delete_network(request: Request, host: Host, kind: str, row: Request, chosen: Options) -> list[Part]:
    network_id = request["NetworkID"]
    if kind in BRIDGED:
        bridge = adopted.bridge(row, bridge_link.name_of(network_id, chosen))
        within = _within(network_id, chosen)
        gone: list[Part] = [{"op": "remove", "what": "bridge", "name": bridge, **within}]
        if kind == "vxlan":
            gone.append({"op": "remove", "what": "tunnel", "name": naming.tunnel(network_id), **within})
        return gone
    if kind in ON_PARENT and not chosen.parent:
        return [{"op": "remove", "what": "dummy", "name": naming.dummy(network_id)}]
    return []


def _within(network_id: str, chosen: Options) -> Part:
    """Where the bridge of a network is, if that is not the host's namespace."""
    own = getattr(chosen, "namespace", HOST) == OWN
    return {"within": naming.room(network_id)} if own else {}


def _addresses(interface: Mapping[str, Any]) -> list[str]:
    return [str(interface[key]) for key in ("Address", "AddressIPv6") if interface.get(key)]


_ROUTES: dict[str, Callable[[Request, Host, str, Request, Options], list[Part]]] = {
    "create_network": _create_network,
    "create_endpoint": _create_endpoint,
    "join": _join,
    "leave": _leave,
    "delete_endpoint": _delete_endpoint,
    "delete_network": _delete_network,
}
