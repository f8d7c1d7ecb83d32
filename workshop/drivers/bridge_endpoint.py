"""An endpoint on a bridge: a veth pair, its published ports, what Docker is told of it.

For every kind of network that is a bridge on this host, whatever else the bridge is connected to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workshop.drivers import adopted, bridge_link, endpoint, links, naming
from workshop.drivers.facts import Facts, interface, mac_address
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.errors import PluginError
from workshop.protocol import types as t


def create(
    request: t.CreateEndpointRequest, host: Host, chosen: Options, mac_for: Callable[[str], str]
) -> t.CreateEndpointAnswer:
    """A veth pair, one end on the network's bridge. ``mac_for`` chooses a MAC for the container's address.

    :raises PluginError: for an address that is not valid, and if the bridge is gone.
    """
    endpoint_id, asked = request["EndpointID"], request.get("Interface") or {}
    interface("Interface.Address", asked.get("Address"), 4)
    interface("Interface.AddressIPv6", asked.get("AddressIPv6"), 6)
    given = mac_address("Interface.MacAddress", asked.get("MacAddress"))
    # the same for the same address: neighbours would look for a restarted container at its old MAC for a while
    place = asked.get("Address") or asked.get("AddressIPv6") or endpoint_id
    mac = given or mac_for(place)
    answer: t.CreateEndpointAnswer = {"Interface": {} if given else {"MacAddress": mac}}
    if endpoint_id in host.endpoints and host.kernel.index(naming.host_end(endpoint_id)):
        return answer  # a retry: the container may be using it already
    for other in links.predecessors(host, request["NetworkID"], endpoint_id, asked):
        remove(host, other)
        host.forget(other)
    bridge = bridge_link.of(host, request["NetworkID"], chosen)
    master = host.kernel.index(bridge)
    if master is None:
        raise PluginError(f"the bridge {bridge} of this network is gone; remove the network and create it again")
    outside, inside = naming.host_end(endpoint_id), naming.container_end(endpoint_id)
    links.clear_the_way(host, outside, "endpoint", endpoint_id)
    links.clear_the_way(host.outside, inside, "endpoint", endpoint_id)
    if not host.forwarding.placed:  # Docker may have started since
        host.forwarding.refresh()
    with rollback() as undo:
        index = links.add_pair(host, outside, inside, mac, master, chosen.mtu, undo)
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
        # an internal network, or one without gateway or addresses, shall get none from Docker by the back door
        "DisableGatewayService": facts.internal or not chosen.gateway or not facts.pools,
    }
    if chosen.gateway and not facts.internal:
        if gateway := facts.gateway(4):
            answer["Gateway"] = gateway
        if gateway := facts.gateway(6):
            answer["GatewayIPv6"] = gateway
    return answer


def remove(host: Host, endpoint_id: str) -> None:
    """Remove the pair, if it is there, and let its published ports go."""
    endpoint.unpublish(host, endpoint_id)
    links.remove_ours(host, naming.host_end(endpoint_id), "endpoint", endpoint_id)
    adopted.remove(host, host.endpoints.get(endpoint_id))


def publish(request: t.ProgramExternalConnectivityRequest, host: Host, chosen: Options) -> t.Empty:
    """Publish the ports of the port map on the host."""
    endpoint_id = request["EndpointID"]
    endpoint.publish(
        host,
        endpoint_id,
        request.get("Options"),
        chosen.host_ip,
        also=lambda: bridge_link.hairpin(host, endpoint_id, True),
    )
    return {}


def unpublish(request: t.EndpointRequest, host: Host) -> t.Empty:
    """Let the published ports go, if there are any."""
    if endpoint.unpublish(host, request["EndpointID"]):
        bridge_link.hairpin(host, request["EndpointID"], False)
    return {}


def oper_info(request: t.EndpointRequest, host: Host, chosen: Options) -> dict[str, Any]:
    """Links, addresses, counters as the container sees them, published ports."""
    endpoint_id = request["EndpointID"]
    outside, inside = adopted.host_end(host, endpoint_id), adopted.container_end(host, endpoint_id)
    bridge = {"bridge": bridge_link.of(host, request["NetworkID"], chosen)}
    return {**bridge, **endpoint.told(host, endpoint_id, outside, inside)}
