"""What Docker makes of a plugin's answers to CreateEndpoint and Join, and what it does not accept. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from workshop.lab.engine.decoding import PluginFailure, field, go_kind, text_field
from workshop.lab.engine.model import Endpoint

_MAC = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}")


def take_interface(endpoint: Endpoint, answer: dict[str, Any], undone: Callable[[], str]) -> None:
    """Give the endpoint what CreateEndpoint answered.

    A value where the request had one already is refused, even the same one; ``undone`` then tells how the
    endpoint was rolled back. Raises PluginFailure.
    """
    told, where = field(answer, "Interface") or {}, "EndpointInterface"
    mac = text_field(told, "MacAddress", where).lower()
    address, address6 = text_field(told, "Address", where), text_field(told, "AddressIPv6", where)
    if mac and not _MAC.fullmatch(mac):
        raise PluginFailure(f"address {mac}: invalid MAC address")
    for text in filter(None, (address, address6)):
        _parse_cidr(text)
    for what, known, new, text in (
        ("MAC address", endpoint.mac, mac, "MAC present ({}). Cannot be modified with {}."),
        ("address", endpoint.address, address, "IP present ({}). Cannot be modified with ({})."),
        ("address", endpoint.address6, address6, "IPv6 present ({}). Cannot be modified with ({})."),
    ):
        if new and known:
            problem = f"driver modified interface {what}: endpoint interface {text.format(known, new)}"
            raise PluginFailure(problem + undone())
    endpoint.mac = endpoint.mac or mac
    endpoint.address, endpoint.address6 = endpoint.address or address, endpoint.address6 or address6


def take_join(endpoint: Endpoint, answer: dict[str, Any], *, exact: bool) -> None:
    """Give the endpoint what Join answered; ``exact``: a name without a number is known. Raises
    PluginFailure.
    """
    names = field(answer, "InterfaceName") or {}
    endpoint.source = text_field(names, "SrcName", "InterfaceName")
    endpoint.prefix = text_field(names, "DstPrefix", "InterfaceName")
    endpoint.exact_name = text_field(names, "DstName", "InterfaceName") if exact else ""
    endpoint.no_gateway_service = bool(field(answer, "DisableGatewayService"))
    for name, place in (("Gateway", "gateway"), ("GatewayIPv6", "gateway6")):
        text = text_field(answer, name, "JoinResponse")
        if text and not _is_address(text):
            raise PluginFailure(f'unable to parse {name} "{text}"')
        setattr(endpoint, place, text)
    routes = field(answer, "StaticRoutes") or []
    if not isinstance(routes, list):
        kind = go_kind(routes)
        raise PluginFailure(f"json: cannot unmarshal {kind} into Go struct field JoinResponse.StaticRoutes")
    endpoint.routes = [_route(entry) for entry in routes]


def _route(entry: Any) -> tuple[str, int, str]:
    destination = text_field(entry, "Destination", "StaticRoute")
    hop = text_field(entry, "NextHop", "StaticRoute")
    kind = field(entry, "RouteType") or 0
    if not isinstance(kind, int):
        raise PluginFailure(
            f"json: cannot unmarshal {go_kind(kind)} into Go struct field StaticRoute.RouteType of type int"
        )
    _parse_cidr(destination)
    if hop and not _is_address(hop):
        raise PluginFailure(f"failed to parse nexthop IP {hop}")
    return destination, kind, hop


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _parse_cidr(text: str) -> None:
    try:
        ipaddress.ip_interface(text if "/" in text else "")
    except ValueError:
        raise PluginFailure(f"invalid CIDR address: {text}") from None
