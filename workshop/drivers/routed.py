"""The routed driver: no bridge; each container has a link to the host alone, and the host routes.

    host                                              container
    eth0 ─ nat ─ routes ─┬─ wsh<endpoint> ═══════════ wsc<endpoint>, which Docker renames to eth0
                         │  gateway's address         address, gateway
                         └─ wsh… ═══════════════════ …

A network has no link of its own: there is nothing that all hear. Each function answers one route, and can be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers import endpoint, links, naming, options, routed_link, routed_rules
from workshop.drivers.bridge_link import FORWARDING
from workshop.drivers.common import (
    activate,
    allocate_network,
    discover_delete,
    discover_new,
    free_network,
    get_capabilities,
)
from workshop.drivers.facts import Facts, facts_of, mac_address, pools_of
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.drivers.routed_options import OPTIONS
from workshop.errors import PluginError
from workshop.protocol import types as t


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: gateways are wanted, for the host's ends to have."""
    options.read(OPTIONS, request, lambda text: None)  # CreateNetwork warns
    return {"SkipIPv4": False, "SkipIPv6": False}


def create_network(request: t.CreateNetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.CreateNetwork: forwarding, and the firewall's leave; links come with the containers."""
    facts, chosen = _read(request, host)
    _check(request["NetworkID"], facts, chosen, host)
    with rollback() as undo:
        routed_rules.let_through(host, request["NetworkID"], facts, chosen, undo)
        _switch_on(host, facts)
    return {}


def restore_network(request: t.CreateNetworkRequest, host: Host) -> list[str]:
    """Bring a remembered network's pairs to what they should be, but no rules; say what was not."""
    facts, _ = _read(request, host, quiet=True)
    _switch_on(host, facts)
    done = []
    for endpoint_id, row in host.store.endpoints_of(request["NetworkID"]).items():
        name = naming.host_end(endpoint_id)
        link = host.kernel.find(name)
        if link is None:
            continue
        if link.get("state") != "up":
            host.kernel.link("set", index=link["index"], state="up")
        addresses = routed_link.addresses_of(row.get("Interface") or {})
        if routed_link.settle(host, endpoint_id, facts, addresses, link["index"]):
            done.append(f"gave {name} its addresses and routes again")
    return done


def is_lost(endpoint_id: str, host: Host) -> bool:
    """Whether the host's end of an endpoint's pair is gone: with one end goes the other."""
    return host.kernel.index(naming.host_end(endpoint_id)) is None


def elements(network_id: str, network: dict[str, Any], host: Host) -> dict[str, list[str]]:
    """What the firewall needs for a remembered network."""
    return routed_rules.elements(*_read(network, host, quiet=True))


def delete_network(request: t.NetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteNetwork: pairs and rules are gone afterwards, whether or not they were there before."""
    for endpoint_id in host.store.endpoints_of(request["NetworkID"]):
        _remove_endpoint(host, endpoint_id)
    routed_rules.close_again(host, request["NetworkID"])
    return {}


def create_endpoint(request: t.CreateEndpointRequest, host: Host) -> t.CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a veth pair, and the routes to it. Answers a MAC address only where none came."""
    facts, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    endpoint_id, asked = request["EndpointID"], request.get("Interface") or {}
    addresses = routed_link.addresses_of(asked)
    routed_link.usable(facts, addresses)
    given = mac_address("Interface.MacAddress", asked.get("MacAddress"))
    mac = given or naming.mac(f"{request['NetworkID']} {addresses[0] if addresses else endpoint_id}")
    answer: t.CreateEndpointAnswer = {"Interface": {} if given else {"MacAddress": mac}}
    if endpoint_id in host.endpoints and host.kernel.index(naming.host_end(endpoint_id)):
        return answer  # a retry: the container may be using it already
    for other in links.predecessors(host, request["NetworkID"], endpoint_id, asked):
        _remove_endpoint(host, other)
        host.forget(other)
    if not host.forwarding.placed:  # Docker may have started since
        host.forwarding.refresh()
    with rollback() as undo:
        index = routed_link.make(host, endpoint_id, mac, chosen, undo)
        routed_link.settle(host, endpoint_id, facts, addresses, index)
    return answer


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: which link goes into the container, its gateways, and the routes to its neighbours."""
    facts, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    addresses = routed_link.addresses_of(host.endpoint(request["EndpointID"]).get("Interface") or {})
    neighbours = [route for each in addresses for route in routed_link.neighbours_routes(facts, each)]
    answer: t.JoinAnswer = {
        "InterfaceName": {"SrcName": naming.container_end(request["EndpointID"]), "DstPrefix": chosen.prefix},
        "StaticRoutes": [*neighbours, *chosen.routes],  # type: ignore[list-item]
        # an internal network, or one without addresses, shall get no gateway from Docker by the back door
        "DisableGatewayService": facts.internal or not facts.pools,
    }
    for address in addresses:
        gateway = routed_link.gateway_of(facts, address)
        if gateway is not None and not facts.internal:
            answer["Gateway" if address.version == 4 else "GatewayIPv6"] = str(gateway.ip)
    return answer


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.Leave: nothing to do, Docker returns the link; DeleteEndpoint removes it."""
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteEndpoint: the veth pair, with its routes, and published ports are gone afterwards."""
    _remove_endpoint(host, request["EndpointID"])
    return {}


def program_external_connectivity(request: t.ProgramExternalConnectivityRequest, host: Host) -> t.Empty:
    """NetworkDriver.ProgramExternalConnectivity: publish the ports of the port map on the host."""
    _, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    endpoint.publish(host, request["EndpointID"], request.get("Options"), chosen.host_ip)
    return {}


def revoke_external_connectivity(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.RevokeExternalConnectivity: the ports are free again."""
    endpoint.unpublish(host, request["EndpointID"])
    return {}


def endpoint_oper_info(request: t.EndpointRequest, host: Host) -> t.OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: links, addresses, counters as the container sees them, published ports."""
    endpoint_id = request["EndpointID"]
    outside, inside = naming.host_end(endpoint_id), naming.container_end(endpoint_id)
    value = endpoint.told(host, endpoint_id, outside, inside)
    addresses = [each for key in ("address", "address_ipv6") if (each := value[key].partition("/")[0])]
    return {"Value": {**value, "routes": [f"{address} dev {outside}" for address in addresses]}}


def _read(request: Mapping[str, Any], host: Host, *, quiet: bool = False) -> tuple[Facts, Options]:
    return facts_of(request), options.read(OPTIONS, request, (lambda text: None) if quiet else host.warn)


def _check(network_id: str, facts: Facts, chosen: Options, host: Host) -> None:
    """Refuse what cannot be; tell what has no effect. Raises PluginError."""
    if chosen.mtu < 1280 and facts.pools_of(6):
        raise PluginError(f"option mtu: {chosen.mtu} is too small; IPv6 needs at least 1280")
    if not chosen.icc and host.firewall.missing:
        raise PluginError(f"option icc: containers cannot be kept apart here: {host.firewall.missing}")
    for other, theirs in pools_of(host.networks):
        for pool in facts.pools if other != network_id else ():
            if pool.version == theirs.version and pool.overlaps(theirs):
                raise PluginError(f"the pool {pool} overlaps with that of network {other[:12]}; choose another")
    for name in facts.auxiliary:
        if name.startswith("DefaultGatewayIPv"):
            host.warn(f"The auxiliary address {name} leads nowhere: in a routed network, the host is the gateway.")
    for pool in facts.pools_of(6):
        if not any(gateway.ip in pool for gateway in facts.gateways):
            host.warn(f"Containers do not reach each other by their addresses of {pool}: it has no gateway.")


def _switch_on(host: Host, facts: Facts) -> None:
    """Let packets pass from one link to another, also inside of a network."""
    for version, key in FORWARDING:
        if facts.pools_of(version) and not host.kernel.sysctl(key, "1"):
            host.warn(f"Containers reach only the host: {key.replace('/', '.')} is off and cannot be switched on.")


def _remove_endpoint(host: Host, endpoint_id: str) -> None:
    endpoint.unpublish(host, endpoint_id)
    links.remove_ours(host, naming.host_end(endpoint_id), "endpoint", endpoint_id)


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
