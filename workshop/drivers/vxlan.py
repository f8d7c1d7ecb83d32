"""The vxlan driver: one network across hosts, a bridge on each, and between the bridges a VXLAN tunnel.

    container ═══ wsh<endpoint> ─ wsb<network> ─ wst<network> ····· UDP ····· the same on another host
                                  gateway address  VNI, peers

What is on a bridge is as with the bridge driver. With ``-o namespace=own``, all of it but the gateway address is in a
namespace of the network's own (``rooms.py``, ``vxlan_gateway.py``). All functions can be repeated.
"""

from __future__ import annotations

import contextlib
from typing import Any

from workshop.drivers import (
    adopted,
    bridge_endpoint,
    bridge_link,
    bridge_rules,
    naming,
    options,
    vxlan_gateway,
    vxlan_network,
    vxlan_peers,
    vxlan_tunnel,
)
from workshop.drivers import vxlan_memory as memory
from workshop.drivers.common import activate, get_capabilities
from workshop.drivers.host import Host
from workshop.drivers.rooms import looking_from, seen_from
from workshop.drivers.vxlan_nodes import discover_delete, discover_new
from workshop.drivers.vxlan_options import OPTIONS, OWN
from workshop.errors import PluginError
from workshop.protocol import types as t


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: no gateway address is wanted with ``-o gateway=false``."""
    wanted = options.read(OPTIONS, request, lambda text: None).gateway  # CreateNetwork warns
    return {"SkipIPv4": not wanted, "SkipIPv6": not wanted}


def allocate_network(request: t.AllocateNetworkRequest, host: Host) -> t.AllocateNetworkAnswer:
    """NetworkDriver.AllocateNetwork: the VNI is chosen here, on the manager, and every node gets it with the user's own
    options. Swarm asks again, with what was answered, after its manager has been restarted.
    """
    given = request.get("Options") or {}
    chosen = options.read(OPTIONS, {"Options": {options.GENERIC: given}}, host.warn)
    vxlan_network.check(chosen)
    vni, _ = memory.claim(host, request["NetworkID"], chosen.vni, memory.ALLOCATED, vxlan_network.vnis_in_use(host))
    return {"Options": {**given, "vni": str(vni)}}


def free_network(request: t.NetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.FreeNetwork: the VNI is free again, once the network is removed from this host too."""
    memory.release(host, request["NetworkID"], memory.ALLOCATED)
    return {}


def create_network(request: t.CreateNetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.CreateNetwork: a bridge with the gateways' addresses, a tunnel on it that has all peers known so
    far, both up, and let through the firewall.
    """
    facts, chosen = vxlan_network.read(request, host, quiet=False)
    vxlan_network.check(chosen)
    vxlan_network.make(host, request["NetworkID"], facts, chosen)
    return {}


def restore_network(request: t.CreateNetworkRequest, host: Host) -> list[str]:
    """Bring a remembered network's bridge, tunnel and ports to what they should be, but no rules; say what was not."""
    return vxlan_network.restore(host, request["NetworkID"], *vxlan_network.read(request, host))


def is_lost(endpoint_id: str, host: Host) -> bool:
    """Whether the host's end of an endpoint's pair is gone: with one end goes the other."""
    network_id = (host.endpoints.get(endpoint_id) or {}).get("NetworkID") or ""
    with looking_from(host, network_id) as place:
        return place.kernel.index(adopted.host_end(host, endpoint_id)) is None


def elements(network_id: str, network: dict[str, Any], host: Host) -> dict[str, list[str]]:
    """What the firewall needs for a remembered network: its tunnel is a port of the bridge, and needs nothing more."""
    facts, chosen = vxlan_network.read(network, host)
    name = adopted.bridge(network, vxlan_gateway.name_of(network_id, chosen))
    return bridge_rules.elements(name, facts, chosen)


def look_after(host: Host) -> None:
    """Called every few seconds: answer for the containers that tunnels have learned of, where that is wanted."""
    for network_id in memory.created(host):
        with contextlib.suppress(PluginError):
            vxlan_network.answer_for(host, network_id)


def delete_network(request: t.NetworkRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteNetwork: tunnel, bridge, rules and VNI are gone afterwards, whatever was there before."""
    network_id = request["NetworkID"]
    place, outer = seen_from(host, network_id), naming.gateway_end(network_id)
    remembered = host.networks.get(network_id)
    chosen = vxlan_network.read(remembered, host)[1] if remembered is not None else None
    for endpoint_id in host.store.endpoints_of(network_id):
        bridge_endpoint.remove(place, endpoint_id)
    names = [vxlan_gateway.name_of(network_id, chosen)] if chosen else [naming.bridge(network_id), outer]
    for name in names:
        bridge_rules.close_again(host, network_id, adopted.bridge(remembered, name))
    vxlan_tunnel.remove(host, network_id)
    vxlan_gateway.remove(host, network_id)
    bridge_link.remove(place, network_id, chosen)
    host.rooms.remove(network_id)
    adopted.remove(host, remembered)
    memory.release(host, network_id, memory.CREATED)
    return {}


def create_endpoint(request: t.CreateEndpointRequest, host: Host) -> t.CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a veth pair, one end on the bridge. A MAC address is made from the container's
    address, so that it is the same on whatever host it starts.
    """
    network_id = request["NetworkID"]
    _, chosen = vxlan_network.read(host.network(network_id), host)
    answer = bridge_endpoint.create(
        request, seen_from(host, network_id), chosen, lambda place: vxlan_tunnel.container_mac(chosen.vni or 0, place)
    )
    mac = answer["Interface"].get("MacAddress") or (request.get("Interface") or {}).get("MacAddress") or ""
    vxlan_peers.came_here(host, network_id, mac)
    return answer


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: which link goes into the container, and its gateways and routes. The peers are told that it
    is here.
    """
    network_id = request["NetworkID"]
    answer = bridge_endpoint.join(request, host, *vxlan_network.read(host.network(network_id), host))
    vxlan_peers.tell(host, network_id, host.endpoint(request["EndpointID"]))
    return answer


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.Leave: nothing to do, Docker returns the link; DeleteEndpoint removes it."""
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteEndpoint: the veth pair and published ports are gone afterwards."""
    bridge_endpoint.remove(seen_from(host, request["NetworkID"]), request["EndpointID"])
    return {}


def program_external_connectivity(request: t.ProgramExternalConnectivityRequest, host: Host) -> t.Empty:
    """NetworkDriver.ProgramExternalConnectivity: publish the ports of the port map on this host."""
    _, chosen = vxlan_network.read(host.network(request["NetworkID"]), host)
    return bridge_endpoint.publish(request, seen_from(host, request["NetworkID"]), chosen)


def revoke_external_connectivity(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.RevokeExternalConnectivity: the ports are free again."""
    return bridge_endpoint.unpublish(request, seen_from(host, request["NetworkID"]))


def endpoint_oper_info(request: t.EndpointRequest, host: Host) -> t.OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: what a bridge's endpoint has, and the tunnel: VNI, port, ends."""
    network_id = request["NetworkID"]
    _, chosen = vxlan_network.read(host.network(network_id), host)
    local = vxlan_tunnel.data_of(host, network_id).get("local")
    value = {
        **bridge_endpoint.oper_info(request, seen_from(host, network_id), chosen),
        "namespace": str(host.rooms.path(network_id)) if chosen.namespace == OWN else "",
        "tunnel": naming.tunnel(network_id),
        "vni": chosen.vni,
        "port": chosen.port,
        "local": local or "",
        "group": chosen.group,
        "peers": vxlan_peers.of(host, network_id, local) if not chosen.group else [],
    }
    return {"Value": value}


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
    "look_after",
    "program_external_connectivity",
    "restore_network",
    "revoke_external_connectivity",
]
