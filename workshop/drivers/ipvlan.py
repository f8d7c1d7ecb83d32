"""The ipvlan driver: each container has an address of its own on a link of the host, and that link's MAC.

    eth0 (parent) ──┬── wsc<endpoint> ══▶ eth0 in the container: l2, among eth0's neighbours
                    └── wsc<endpoint> ══▶ eth0 in another;   l3 and l3s, behind the host, which routes

Each function answers one route. All can be repeated: Docker retries a call whose answer it did not get.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers import options, parents, sublinks
from workshop.drivers.common import (
    activate,
    allocate_network,
    discover_delete,
    discover_new,
    free_network,
    get_capabilities,
)
from workshop.drivers.facts import Facts, interface
from workshop.drivers.host import Host
from workshop.drivers.options import Option, Options
from workshop.drivers.parent_link import Use
from workshop.errors import PluginError
from workshop.protocol import types as t

MODES, ROUTED = ("l2", "l3", "l3s"), ("l3", "l3s")
FLAGS = ("bridge", "private", "vepa")
_PARENT, _MTU, *_REST = sublinks.SHARED_OPTIONS

OPTIONS = (
    options.kind("ipvlan"),
    _PARENT,
    Option(
        ("mode", "ipvlan_mode"),
        "mode",
        "What the parent does: in l2, pass frames on, as a switch; in l3, route, without ARP and broadcasts; in l3s, "
        "route by way of the host's packet filter.",
        ", ".join(MODES),
        "l2",
        options.choice(*MODES),
    ),
    Option(
        ("flag", "ipvlan_flag"),
        "flag",
        "Who reaches whom: in bridge, containers each other at once; in private, not at all; in vepa, by way of a "
        "switch that sends back.",
        ", ".join(FLAGS),
        "bridge",
        options.choice(*FLAGS),
    ),
    _MTU,
    *_REST,
)


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: no gateway address is wanted where no way leads out, or the link is the way."""
    facts, chosen = _read(request, host)
    unwanted = chosen.mode in ROUTED or not sublinks.leads_out(facts, chosen)
    return {"SkipIPv4": unwanted, "SkipIPv6": unwanted}


def create_network(request: t.CreateNetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.CreateNetwork: the parent is there, up, and lets such links sit on it."""
    facts, chosen = _read(request, host)
    sublinks.create_network(host, request, _use(request, chosen), facts)
    return {}


def restore_network(request: t.CreateNetworkRequest, host: Host) -> list[str]:
    """Make a remembered network's parent again, if we made it and it is gone; say so."""
    _, chosen = _read(request, host, quiet=True)
    return parents.restore(host, _use(request, chosen))


def is_lost(endpoint_id: str, host: Host) -> bool:
    """Whether an endpoint's link is gone."""
    return sublinks.is_lost(host, endpoint_id)


def elements(network_id: str, network: dict[str, Any], host: Host) -> dict[str, list[str]]:
    """Nothing is needed in the firewall: packets go by the parent and not through the host."""
    return {}


def delete_network(request: t.NetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteNetwork: a parent that we made goes with its last network."""
    remembered = host.networks.get(request["NetworkID"])
    wanted = _use(remembered, _read(remembered, host, quiet=True)[1]) if remembered is not None else None
    sublinks.delete_network(host, request["NetworkID"], wanted)
    return {}


def create_endpoint(request: t.CreateEndpointRequest, host: Host) -> t.CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a link on the parent. It has the parent's MAC address, which nobody can change."""
    network = host.network(request["NetworkID"])
    wanted = _use(network, _read(network, host, quiet=True)[1])
    asked = request.get("Interface") or {}
    interface("Interface.Address", asked.get("Address"), 4)
    interface("Interface.AddressIPv6", asked.get("AddressIPv6"), 6)
    if asked.get("MacAddress"):
        raise PluginError(
            f"Interface.MacAddress: {asked['MacAddress']} cannot be had: all on an ipvlan network have their parent's; "
            "leave --mac-address out, or use macvlan"
        )
    sublinks.create_endpoint(host, request, wanted)
    return {"Interface": {}}


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: which link goes into the container; in l2, gateways; in l3, default routes by the link."""
    facts, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    endpoint_id = request["EndpointID"]
    answer = sublinks.joined(host, endpoint_id, chosen)
    leads_out = sublinks.leads_out(facts, chosen)
    if chosen.mode in ROUTED:
        ways = _ways(host.endpoint(endpoint_id).get("Interface") or {}, facts, everywhere=leads_out)
        return answer | {"StaticRoutes": [*ways, *answer["StaticRoutes"]]}  # type: ignore[return-value]
    return answer | (sublinks.gateways(host, endpoint_id, facts) if leads_out else {})  # type: ignore[return-value]


def _ways(asked: Mapping[str, Any], facts: Facts, *, everywhere: bool) -> list[dict[str, Any]]:
    """Routes by the link itself: to everywhere, or else to the network's other subnets, which need no router."""
    found = []
    for key, version, default in (("Address", 4, "0.0.0.0/0"), ("AddressIPv6", 6, "::/0")):
        own = interface(key, asked.get(key), version)
        others = [str(pool) for pool in facts.pools_of(version) if own is not None and own.ip not in pool]
        found += ([default] if everywhere else others) if own is not None else []
    return [{"Destination": destination, "RouteType": 1} for destination in found]


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.Leave: nothing to do, Docker returns the link; DeleteEndpoint removes it."""
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteEndpoint: the link is gone afterwards."""
    sublinks.remove(host, request["EndpointID"])
    return {}


def program_external_connectivity(request: t.ProgramExternalConnectivityRequest, host: Host) -> t.Empty:
    """NetworkDriver.ProgramExternalConnectivity: ports are not published, and that is said; as Docker's own does."""
    sublinks.not_published(host, request)
    return {}


def revoke_external_connectivity(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.RevokeExternalConnectivity: there is none to be taken back."""
    return {}


def endpoint_oper_info(request: t.EndpointRequest, host: Host) -> t.OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: parent, mode, addresses, and where the link is."""
    network = host.network(request["NetworkID"])
    wanted = _use(network, _read(network, host, quiet=True)[1])
    return {"Value": sublinks.about(host, request["EndpointID"], wanted)}


def _read(request: Mapping[str, Any], host: Host, *, quiet: bool = False) -> tuple[Facts, Options]:
    return sublinks.read(OPTIONS, host, request, quiet=quiet)


def _use(network: Mapping[str, Any], chosen: Options) -> Use:
    return parents.use("ipvlan", network["NetworkID"], chosen)


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
