"""The macvlan driver: each container has a link with a MAC of its own on a link of the host, without a bridge.

    eth0 (parent) ──┬── wsc<endpoint> ══▶ eth0 in the container, seen by eth0's neighbours as a machine of its own
                    └── wsc<endpoint> ══▶ eth0 in another

Each function answers one route. All can be repeated: Docker retries a call whose answer it did not get.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers import naming, options, parents, sublinks
from workshop.drivers.common import (
    activate,
    allocate_network,
    discover_delete,
    discover_new,
    free_network,
    get_capabilities,
)
from workshop.drivers.facts import Facts, interface, mac_address
from workshop.drivers.host import Host
from workshop.drivers.options import Option, Options
from workshop.drivers.parent_link import Use
from workshop.protocol import types as t

PASSTHRU = "passthru"
MODES = ("bridge", "private", "vepa", PASSTHRU)
_PARENT, _MTU, *_REST = sublinks.SHARED_OPTIONS

OPTIONS = (
    options.kind("macvlan"),
    _PARENT,
    Option(
        ("mode", "macvlan_mode"),
        "mode",
        "Who reaches whom: in bridge, containers each other at once; in private, not at all; in vepa, by way of a "
        "switch that sends back; in passthru, one container has the parent for itself.",
        ", ".join(MODES),
        "bridge",
        options.choice(*MODES),
    ),
    _MTU,
    *_REST,
)


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: no gateway address is wanted where no way leads out."""
    facts, chosen = _read(request, host)
    unwanted = not sublinks.leads_out(facts, chosen)
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
    """NetworkDriver.CreateEndpoint: a link on the parent. Answers a MAC address only where none came."""
    network = host.network(request["NetworkID"])
    wanted = _use(network, _read(network, host, quiet=True)[1])
    asked = request.get("Interface") or {}
    interface("Interface.Address", asked.get("Address"), 4)
    interface("Interface.AddressIPv6", asked.get("AddressIPv6"), 6)
    given = mac_address("Interface.MacAddress", asked.get("MacAddress"))
    if wanted.mode == PASSTHRU:
        # such a link has its parent's address; one that Docker sets on it, the parent gets as well
        sublinks.create_endpoint(host, request, wanted)
        return {"Interface": {}}
    # the same for the same address: neighbours would look for a restarted container at its old MAC for a while
    place = asked.get("Address") or asked.get("AddressIPv6") or request["EndpointID"]
    mac = given or naming.mac(f"{request['NetworkID']} {place}")
    sublinks.create_endpoint(host, request, wanted, mac, given=bool(given))
    return {"Interface": {} if given else {"MacAddress": mac}}


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: which link goes into the container, and the gateways of its own subnets."""
    facts, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    answer = sublinks.joined(host, request["EndpointID"], chosen)
    if sublinks.leads_out(facts, chosen):
        answer |= sublinks.gateways(host, request["EndpointID"], facts)
    return answer  # type: ignore[return-value]


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
    return parents.use("macvlan", network["NetworkID"], chosen)


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
