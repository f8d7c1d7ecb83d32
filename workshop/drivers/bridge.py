"""The bridge driver: a Linux bridge per network, a veth pair per endpoint.

    host                                            container
    eth0 ─ nat ─ wsb<network> ─ wsh<endpoint> ═════ wsc<endpoint>, which Docker renames to eth0
                 gateway address                    address, gateway

Each function answers one route. All can be repeated: Docker retries a call whose answer it did not get.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workshop.drivers import adopted, bridge_link, bridge_rules, links, naming, options, publishing
from workshop.drivers.bridge_options import OPTIONS
from workshop.drivers.common import (
    activate,
    allocate_network,
    discover_delete,
    discover_new,
    free_network,
    get_capabilities,
)
from workshop.drivers.facts import Facts, facts_of, interface
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.drivers.reconcile import forget_lost_endpoints
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError
from workshop.protocol import types as t

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def gw_alloc_check(request: t.GwAllocCheckRequest, host: Host) -> t.GwAllocCheckAnswer:
    """NetworkDriver.GwAllocCheck: no gateway address is wanted with ``-o gateway=false``."""
    wanted = options.read(OPTIONS, request, host.warn).gateway
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
        _remove_endpoint(host, endpoint_id)
    name = bridge_link.name_of(network_id, chosen) if chosen else naming.bridge(network_id)
    bridge_rules.close_again(host, network_id, adopted.bridge(remembered, name))
    bridge_link.remove(host, network_id, chosen)
    adopted.remove(host, remembered)
    return {}


def create_endpoint(request: t.CreateEndpointRequest, host: Host) -> t.CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a veth pair, one end on the bridge. Answers a MAC address only where none came."""
    network = host.network(request["NetworkID"])
    _, chosen = _read(network, host, quiet=True)
    endpoint_id, asked = request["EndpointID"], request.get("Interface") or {}
    interface("Interface.Address", asked.get("Address"), 4)
    interface("Interface.AddressIPv6", asked.get("AddressIPv6"), 6)
    given = asked.get("MacAddress")
    if given and not _MAC.fullmatch(given):
        raise PluginError(f"Interface.MacAddress: {given!r} is not valid; expected one such as 02:42:0a:09:00:02")
    # the same for the same address: neighbours would look for a restarted container at its old MAC for a while
    place = asked.get("Address") or asked.get("AddressIPv6") or endpoint_id
    mac = given or naming.mac(f"{request['NetworkID']} {place}")
    answer: t.CreateEndpointAnswer = {"Interface": {} if given else {"MacAddress": mac}}
    if endpoint_id in host.endpoints and host.kernel.index(naming.host_end(endpoint_id)):
        return answer  # a retry: the container may be using it already
    _remove_predecessors(host, request["NetworkID"], endpoint_id, asked)
    bridge = bridge_link.of(host, request["NetworkID"], chosen)
    master = host.kernel.index(bridge)
    if master is None:
        raise PluginError(f"the bridge {bridge} of this network is gone; remove the network and create it again")
    outside, inside = naming.host_end(endpoint_id), naming.container_end(endpoint_id)
    links.clear_the_way(host, outside, "endpoint", endpoint_id)
    links.clear_the_way(host, inside, "endpoint", endpoint_id)
    if not host.forwarding.placed:  # Docker may have started since
        host.forwarding.refresh()
    with rollback() as undo:
        try:
            host.kernel.link(
                "add",
                ifname=outside,
                kind="veth",
                master=master,
                mtu=chosen.mtu,
                state="up",
                peer={"ifname": inside, "address": mac, "mtu": chosen.mtu},
            )
        except NetlinkError as error:
            if given and error.code in (22, 34, 99):
                raise PluginError(
                    f"Interface.MacAddress: {given} is not valid; expected one such as 02:42:0a:09:00:02"
                ) from None
            raise
        undo.callback(host.kernel.remove, outside)
        index = host.kernel.index(outside)
        host.kernel.link("set", index=index, ifalias=naming.alias("endpoint", endpoint_id, host.plugin))
        if not chosen.icc:
            host.kernel.brport("set", index=index, isolated=True)
    return answer


def join(request: t.JoinRequest, host: Host) -> t.JoinAnswer:
    """NetworkDriver.Join: which link goes into the container, and its gateways and routes."""
    facts, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    host.endpoint(request["EndpointID"])
    name = adopted.container_end(host, request["EndpointID"])
    answer: t.JoinAnswer = {
        "InterfaceName": {"SrcName": name, "DstPrefix": chosen.prefix},
        "StaticRoutes": list(chosen.routes),
        # an internal network, or one without gateway, shall get none from Docker by the back door
        "DisableGatewayService": facts.internal or not chosen.gateway,
    }
    if chosen.gateway and not facts.internal:
        if gateway := facts.gateway(4):
            answer["Gateway"] = gateway
        if gateway := facts.gateway(6):
            answer["GatewayIPv6"] = gateway
    return answer


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.Leave: nothing to do, Docker returns the link; DeleteEndpoint removes it."""
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.DeleteEndpoint: the veth pair and published ports are gone afterwards."""
    _remove_endpoint(host, request["EndpointID"])
    return {}


def program_external_connectivity(request: t.ProgramExternalConnectivityRequest, host: Host) -> t.Empty:
    """NetworkDriver.ProgramExternalConnectivity: publish the ports of the port map on the host."""
    endpoint_id = request["EndpointID"]
    endpoint = host.endpoint(endpoint_id)
    _, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    bindings = publishing.port_map(request.get("Options"))
    if endpoint.get("Ports"):
        host.unpublish(endpoint_id)
    if not bindings:
        return {}
    if host.firewall.missing:
        raise PluginError(f"ports cannot be published here: {host.firewall.missing}")
    with rollback() as undo:
        published = _publish(host, endpoint_id, bindings, chosen.host_ip)
        undo.callback(host.ports.release, endpoint_id)
        host.keep(endpoint_id, Ports=published)
        undo.callback(host.keep, endpoint_id, Ports=[])
        undo.callback(host.firewall.set, endpoint_id, {})
        host.firewall.set(endpoint_id, publishing.elements(published))
        bridge_link.hairpin(host, endpoint_id, True)
    return {}


def revoke_external_connectivity(request: t.EndpointRequest, host: Host) -> t.Empty:
    """NetworkDriver.RevokeExternalConnectivity: the ports are free again."""
    endpoint_id = request["EndpointID"]
    if (host.endpoints.get(endpoint_id) or {}).get("Ports"):
        host.unpublish(endpoint_id)
        bridge_link.hairpin(host, endpoint_id, False)
    return {}


def endpoint_oper_info(request: t.EndpointRequest, host: Host) -> t.OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: links, addresses, counters as the container sees them, published ports."""
    endpoint = host.endpoint(request["EndpointID"])
    _, chosen = _read(host.network(request["NetworkID"]), host, quiet=True)
    outside = adopted.host_end(host, request["EndpointID"])
    asked, link = endpoint.get("Interface") or {}, host.kernel.find(outside)
    value: dict[str, Any] = {
        "bridge": bridge_link.of(host, request["NetworkID"], chosen),
        "host_link": outside,
        "container_link": adopted.container_end(host, request["EndpointID"]),
        "address": asked.get("Address") or "",
        "address_ipv6": asked.get("AddressIPv6") or "",
        "mac_address": asked.get("MacAddress") or "",
        "sandbox": endpoint.get("SandboxKey") or "",
        "ports": endpoint.get("Ports") or [],
        "state": link.get("state") if link else "gone",
        "mtu": link.get("mtu") if link else 0,
    }
    counters = (link.get("stats64") if link else None) or {}
    # what the host's end sends, the container receives
    for name in ("packets", "bytes", "errors", "dropped"):
        value[f"rx_{name}"] = int(counters.get(f"tx_{name}", 0))
        value[f"tx_{name}"] = int(counters.get(f"rx_{name}", 0))
    return {"Value": value}


def _read(request: Mapping[str, Any], host: Host, *, quiet: bool = False) -> tuple[Facts, Options]:
    return facts_of(request), options.read(OPTIONS, request, (lambda text: None) if quiet else host.warn)


def _addresses(endpoint: Mapping[str, Any]) -> list[str]:
    asked = endpoint.get("Interface") or {}
    return [value.partition("/")[0] for key in ("Address", "AddressIPv6") if (value := asked.get(key))]


def _publish(host: Host, endpoint_id: str, bindings: Any, host_ip: str) -> list[publishing.Published]:
    """Hold the ports; if one is taken, by somebody who is still there."""
    addresses = _addresses(host.endpoint(endpoint_id))
    try:
        return publishing.publish(host.ports, endpoint_id, bindings, addresses, host_ip)
    except PluginError:
        if not forget_lost_endpoints(host):
            raise
        return publishing.publish(host.ports, endpoint_id, bindings, addresses, host_ip)


def _remove_predecessors(host: Host, network_id: str, endpoint_id: str, asked: Mapping[str, Any]) -> None:
    """Docker gives an address out again only if its endpoint is gone: one that was killed says no farewell."""
    for other, row in host.store.endpoints_of(network_id).items():
        had = row.get("Interface") or {}
        same = any(asked.get(key) and asked.get(key) == had.get(key) for key in ("Address", "AddressIPv6"))
        if same and other != endpoint_id:
            _remove_endpoint(host, other)
            host.forget(other)


def _remove_endpoint(host: Host, endpoint_id: str) -> None:
    if (host.endpoints.get(endpoint_id) or {}).get("Ports"):
        host.unpublish(endpoint_id)
    links.remove_ours(host, naming.host_end(endpoint_id), "endpoint", endpoint_id)
    adopted.remove(host, host.endpoints.get(endpoint_id))


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
