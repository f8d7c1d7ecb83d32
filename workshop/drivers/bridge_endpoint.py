"""An endpoint on a bridge: a veth pair, its published ports, what Docker is told of it.

For every kind of network that is a bridge on this host, whatever else the bridge is connected to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from workshop.drivers import adopted, bridge_link, links, naming, publishing
from workshop.drivers.facts import Facts, interface
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.drivers.reconcile import forget_lost_endpoints
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError
from workshop.protocol import types as t

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def create(
    request: t.CreateEndpointRequest, host: Host, chosen: Options, mac_for: Callable[[str], str]
) -> t.CreateEndpointAnswer:
    """A veth pair, one end on the network's bridge. ``mac_for`` chooses a MAC for the container's address.

    :raises PluginError: for an address that is not valid, and if the bridge is gone.
    """
    endpoint_id, asked = request["EndpointID"], request.get("Interface") or {}
    interface("Interface.Address", asked.get("Address"), 4)
    interface("Interface.AddressIPv6", asked.get("AddressIPv6"), 6)
    given = asked.get("MacAddress")
    if given and not _MAC.fullmatch(given):
        raise PluginError(f"Interface.MacAddress: {given!r} is not valid; expected one such as 02:42:0a:09:00:02")
    # the same for the same address: neighbours would look for a restarted container at its old MAC for a while
    place = asked.get("Address") or asked.get("AddressIPv6") or endpoint_id
    mac = given or mac_for(place)
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


def join(request: t.JoinRequest, host: Host, facts: Facts, chosen: Options) -> t.JoinAnswer:
    """Which link goes into the container, and its gateways and routes."""
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


def remove(host: Host, endpoint_id: str) -> None:
    """Remove the pair, if it is there, and let its published ports go."""
    if (host.endpoints.get(endpoint_id) or {}).get("Ports"):
        host.unpublish(endpoint_id)
    links.remove_ours(host, naming.host_end(endpoint_id), "endpoint", endpoint_id)
    adopted.remove(host, host.endpoints.get(endpoint_id))


def publish(request: t.ProgramExternalConnectivityRequest, host: Host, chosen: Options) -> t.Empty:
    """Publish the ports of the port map on the host."""
    endpoint_id = request["EndpointID"]
    endpoint = host.endpoint(endpoint_id)
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


def unpublish(request: t.EndpointRequest, host: Host) -> t.Empty:
    """Let the published ports go, if there are any."""
    endpoint_id = request["EndpointID"]
    if (host.endpoints.get(endpoint_id) or {}).get("Ports"):
        host.unpublish(endpoint_id)
        bridge_link.hairpin(host, endpoint_id, False)
    return {}


def oper_info(request: t.EndpointRequest, host: Host, chosen: Options) -> dict[str, Any]:
    """Links, addresses, counters as the container sees them, published ports."""
    endpoint = host.endpoint(request["EndpointID"])
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
    return value


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
            remove(host, other)
            host.forget(other)
