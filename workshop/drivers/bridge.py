"""The bridge driver: a Linux bridge per network, a veth pair per endpoint.

    host                                            container
    eth0 ─ nat ─ wsb<network> ─ wsh<endpoint> ═════ wsc<endpoint>, which Docker renames to eth0
                 gateway address                    address, gateway

Each function answers one route. All can be repeated: Docker retries a call whose answer it did not get.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers import adopted, bridge_endpoint, bridge_link, bridge_rules, naming, options
from workshop.drivers.bridge_options import OPTIONS
from workshop.drivers.common import (
    activate,
    allocate_network,
    discover_delete,
    discover_new,
    free_network,
    get_capabilities,
)
from workshop.drivers.facts import Facts, facts_of
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.errors import PluginError
from workshop.protocol import types as t


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: no gateway address is wanted with ``-o gateway=false``."""
    wanted = options.read(OPTIONS, request, lambda text: None).gateway  # CreateNetwork warns
    return {"SkipIPv4": not wanted, "SkipIPv6": not wanted}


def create_network(request: t.CreateNetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.CreateNetwork: a bridge with the gateways' addresses, up, and let through the firewall."""
    network_id = request["NetworkID"]
    facts, chosen = _read(request, host)
    if chosen.mtu < 1280 and facts.pools_of(6):
        raise PluginError(f"option mtu: {chosen.mtu} is too small; IPv6 needs at least 1280")
    with rollback() as undo:
        bridge_link.ensure(host, network_id, facts, chosen, undo)
        bridge_rules.let_through(host, network_id, bridge_link.name_of(network_id, chosen), facts, chosen, undo)
    return {}


def restore_network(request: t.CreateNetworkRequest, host: Host) -> list[str]:
    """Bring a remembered network's bridge and its ports to what they should be, but no rules; say what was not."""
    network_id = request["NetworkID"]
    facts, chosen = _read(request, host, quiet=True)
    name, done = bridge_link.name_of(network_id, chosen), []
    with rollback() as undo:
        if bridge_link.ensure(host, network_id, facts, chosen, undo):
            done.append(f"made {name} again for network {network_id[:12]}: it was gone")
    for endpoint_id, endpoint in host.store.endpoints_of(network_id).items():
        if bridge_link.attach(host, endpoint_id, name, chosen, published=bool(endpoint.get("Ports"))):
            done.append(f"put {naming.host_end(endpoint_id)} on {name} again")
    return done


def is_lost(endpoint_id: str, host: Host) -> bool:
    """Whether the host's end of an endpoint's pair is gone: with one end goes the other."""
    return host.kernel.index(adopted.host_end(host, endpoint_id)) is None


def elements(network_id: str, network: dict[str, Any], host: Host) -> dict[str, list[str]]:
    """What the firewall needs for a remembered network."""
    facts, chosen = _read(network, host, quiet=True)
    name = adopted.bridge(network, bridge_link.name_of(network_id, chosen))
    return bridge_rules.elements(name, facts, chosen)


def delete_network(request: t.NetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteNetwork: bridge and rules are gone afterwards, whether or not they were there before."""
    network_id = request["NetworkID"]
    remembered = host.networks.get(network_id)
    chosen = _read(remembered, host, quiet=True)[1] if remembered is not None else None
    for endpoint_id in host.store.endpoints_of(network_id):
        bridge_endpoint.remove(host, endpoint_id)
    name = bridge_link.name_of(network_id, chosen) if chosen else naming.bridge(network_id)
    bridge_rules.close_again(host, network_id, adopted.bridge(remembered, name))
    bridge_link.remove(host, network_id, chosen)
    adopted.remove(host, remembered)
    return {}


def create_endpoint(request: t.CreateEndpointRequest, host: Host) -> t.CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a veth pair, one end on the bridge. Answers a MAC address only where none came."""
    _, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    return bridge_endpoint.create(request, host, chosen, lambda place: naming.mac(f"{request['NetworkID']} {place}"))


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: which link goes into the container, and its gateways and routes."""
    return bridge_endpoint.join(request, host, *_read(host.network(request["NetworkID"]), host, quiet=True))


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.Leave: nothing to do, Docker returns the link; DeleteEndpoint removes it."""
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteEndpoint: the veth pair and published ports are gone afterwards."""
    bridge_endpoint.remove(host, request["EndpointID"])
    return {}


def program_external_connectivity(request: t.ProgramExternalConnectivityRequest, host: Host) -> t.Empty:
    """NetworkDriver.ProgramExternalConnectivity: publish the ports of the port map on the host."""
    _, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    return bridge_endpoint.publish(request, host, chosen)


def revoke_external_connectivity(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.RevokeExternalConnectivity: the ports are free again."""
    return bridge_endpoint.unpublish(request, host)


def endpoint_oper_info(request: t.EndpointRequest, host: Host) -> t.OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: links, addresses, counters as the container sees them, published ports."""
    _, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    return {"Value": bridge_endpoint.oper_info(request, host, chosen)}


def _read(request: Mapping[str, Any], host: Host, *, quiet: bool = False) -> tuple[Facts, Options]:
    return facts_of(request), options.read(OPTIONS, request, (lambda text: None) if quiet else host.warn)


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
