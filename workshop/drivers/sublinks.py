"""Links that sit on a parent and go into a container as a whole: what macvlan and ipvlan have in common.

    host                                  container
    eth0 ── wsc<endpoint> ══════════════▶ which Docker renames to eth0: address, gateway

Nothing stays on the host, so whether such a link is gone has to be told by the container's sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workshop.drivers import adopted, links, naming, options, parent_link, parents, publishing
from workshop.drivers.facts import Facts, facts_of
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Option, Options
from workshop.drivers.parent_link import Use
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError

SHARED_OPTIONS = (
    Option(
        ("parent",),
        "parent",
        "Link of the host on which the containers' links sit; eth0.10: VLAN 10 of eth0. Without it, they reach only "
        "each other.",
        "a link of the host; NAME.1 to NAME.4094 is made if it is not there",
        None,
        options.parent_link,
    ),
    Option(
        ("mtu", "com.docker.network.driver.mtu"),
        "mtu",
        "Largest packet, in bytes, of the containers' interfaces; without it, the parent's.",
        "68 to the parent's; 1280 at least with IPv6",
        None,
        options.whole_number(68, 65535),
    ),
    Option(
        ("gateway",),
        "gateway",
        "Whether containers get a default route; false: they reach only their own subnet.",
        "true, false",
        True,
        options.boolean,
    ),
    Option(
        ("prefix", "com.docker.network.container_iface_prefix"),
        "prefix",
        "What interfaces in containers are called, before their number.",
        "1 to 12 characters",
        "eth",
        options.link_prefix,
    ),
    Option(
        ("routes",),
        "routes",
        "Further routes of each container.",
        "'10.1.0.0/16 via 10.9.0.1, 10.2.0.0/16'",
        (),
        options.static_routes,
    ),
)
"""Options of both kinds, beside ``type`` and the modes."""

_IFNAME = "com.docker.network.endpoint.ifname"


def create_network(host: Host, request: Mapping[str, Any], wanted: Use, facts: Facts) -> None:
    """Give a network its parent, and say what it cannot keep. Raises PluginError."""
    if wanted.mtu and wanted.mtu < 1280 and facts.pools_of(6):
        raise PluginError(f"option mtu: {wanted.mtu} is too small; IPv6 needs at least 1280")
    parents.hold(host, request, wanted)
    if facts.internal and not wanted.is_own:
        host.warn(
            f"Containers of an internal network on {wanted.parent} get no gateway, and still reach whatever is in "
            "their subnet there. Without -o parent= they reach only each other."
        )


def delete_network(host: Host, network_id: str, wanted: Use | None) -> None:
    """Remove a network's links, and give its parent back. ``wanted`` None: it is not remembered."""
    for endpoint_id in host.store.endpoints_of(network_id):
        remove(host, endpoint_id)
    parents.release(host, network_id, wanted.parent if wanted else None)
    adopted.remove(host, host.networks.get(network_id))


def create_endpoint(
    host: Host, request: Mapping[str, Any], wanted: Use, mac: str | None = None, *, given: bool = False
) -> None:
    """Make an endpoint's link on the network's parent, on the host still.

    ``mac`` None: the link has its parent's. ``given``: the user chose it, so it may be in use.

    :raises PluginError: if the parent is not there or down, or the kernel refuses.
    """
    network_id, endpoint_id = request["NetworkID"], request["EndpointID"]
    if endpoint_id in host.endpoints and not is_lost(host, endpoint_id):
        return  # a retry: the container may be using it already
    for other in links.predecessors(host, network_id, endpoint_id, request.get("Interface") or {}):
        remove(host, other)
        host.forget(other)
    if name := (request.get("Options") or {}).get(_IFNAME):
        host.warn(
            f"The interface is not called {name}: Docker takes no whole names from plugins, but -o prefix= works."
        )
    if mac and given:
        _refuse_taken(host, wanted, endpoint_id, mac)
    parent = parents.ready(host, wanted)
    name = naming.container_end(endpoint_id)
    links.clear_the_way(host, name, "endpoint", endpoint_id)
    more = {**({"address": mac} if mac else {}), **({"mtu": wanted.mtu} if wanted.mtu else {})}
    with rollback() as undo:
        try:
            host.kernel.link("add", ifname=name, kind=wanted.kind, link=parent, **more, **wanted.settings)
        except NetlinkError as error:
            raise parent_link.explain(host, wanted, error) from None
        undo.callback(host.kernel.remove, name)
        alias = naming.alias("endpoint", endpoint_id, host.plugin)
        host.kernel.link("set", index=host.kernel.index(name), ifalias=alias)


def _refuse_taken(host: Host, wanted: Use, endpoint_id: str, mac: str) -> None:
    """Raises PluginError if a MAC address is used on a network's parent already: of two such links, one is never up."""
    link = host.kernel.find(wanted.parent)
    if link is not None and (link.get("address") or "").lower() == mac.lower():
        raise PluginError(f"Interface.MacAddress: {mac} is that of the parent {wanted.parent}")
    networks = {wanted.network_id, *(other.network_id for other in parents.sharing(host, wanted))}
    for other, row in host.endpoints.items():
        same = ((row.get("Interface") or {}).get("MacAddress") or "").lower() == mac.lower()
        if same and other != endpoint_id and row.get("NetworkID") in networks and _is_alive(host, other):
            raise PluginError(f"Interface.MacAddress: {mac} is taken by endpoint {other[:12]}, on {wanted.parent} too")


def _is_alive(host: Host, endpoint_id: str) -> bool:
    on_host = host.kernel.index(adopted.container_end(host, endpoint_id)) is not None
    return on_host or links.sandbox_is_there(host, endpoint_id)


def is_lost(host: Host, endpoint_id: str) -> bool:
    """Whether an endpoint's link is gone: it is neither here, nor can it be in the container's sandbox."""
    if host.kernel.index(adopted.container_end(host, endpoint_id)) is not None:
        return False
    joined = bool((host.endpoints.get(endpoint_id) or {}).get("SandboxKey"))
    return not joined or links.sandbox_is_gone(host, endpoint_id)


def remove(host: Host, endpoint_id: str) -> None:
    """Remove an endpoint's link, if Docker has given it back. One in a container goes with the container."""
    links.remove_ours(host, naming.container_end(endpoint_id), "endpoint", endpoint_id)
    adopted.remove(host, host.endpoints.get(endpoint_id))


def joined(host: Host, endpoint_id: str, chosen: Options) -> dict[str, Any]:
    """What Join answers in any case: the link, its name in the container, and no second way out by Docker."""
    host.endpoint(endpoint_id)
    names = {"SrcName": adopted.container_end(host, endpoint_id), "DstPrefix": chosen.prefix}
    return {"InterfaceName": names, "StaticRoutes": list(chosen.routes), "DisableGatewayService": True}


def gateways(host: Host, endpoint_id: str, facts: Facts) -> dict[str, str]:
    """The gateways of an endpoint's own subnets, as Join answers them."""
    found = {}
    for key, version, address in (("Gateway", 4, "Address"), ("GatewayIPv6", 6, "AddressIPv6")):
        near = (host.endpoint(endpoint_id).get("Interface") or {}).get(address)
        if near and (gateway := facts.gateway(version, near)):
            found[key] = gateway
    return found


def leads_out(facts: Facts, chosen: Options) -> bool:
    """Whether containers get a way out of their subnet."""
    return bool(chosen.gateway and chosen.parent and not facts.internal)


def not_published(host: Host, request: Mapping[str, Any]) -> None:
    """Say that ports are not published: a container is reached by its own address."""
    endpoint_id = request["EndpointID"]
    ports = sorted({binding["Port"] for binding in publishing.port_map(request.get("Options"))})
    if ports:
        address = ((host.endpoint(endpoint_id).get("Interface") or {}).get("Address") or "").partition("/")[0]
        host.warn(
            f"Ports are not published on such a network: {', '.join(map(str, ports))} can be reached at "
            f"{address or 'the container'}, but not from this host."
        )


def about(host: Host, endpoint_id: str, wanted: Use) -> dict[str, Any]:
    """What is known of an endpoint, for EndpointOperInfo."""
    endpoint = host.endpoint(endpoint_id)
    asked, name = endpoint.get("Interface") or {}, adopted.container_end(host, endpoint_id)
    link, parent = host.kernel.find(name), host.kernel.find(wanted.parent)
    state = "in the container" if endpoint.get("SandboxKey") else "gone"
    return {
        "parent": wanted.parent,
        "parent_state": parent.get("state") if parent is not None else "gone",
        "mode": wanted.mode,
        "container_link": name,
        "address": asked.get("Address") or "",
        "address_ipv6": asked.get("AddressIPv6") or "",
        "mac_address": asked.get("MacAddress") or "",
        "sandbox": endpoint.get("SandboxKey") or "",
        "state": link.get("state") if link is not None else state,
        "mtu": wanted.mtu or (parent.get("mtu") if parent is not None else 0),
    }


def read(table: tuple[Option, ...], host: Host, request: Mapping[str, Any], *, quiet: bool) -> tuple[Facts, Options]:
    """A CreateNetwork request as addresses and options. Raises PluginError."""
    return facts_of(request), options.read(table, request, (lambda text: None) if quiet else host.warn)
