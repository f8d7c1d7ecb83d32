"""What endpoints of several kinds of network have in common: published ports, and what is told of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workshop.drivers import publishing
from workshop.drivers.host import Host, rollback
from workshop.drivers.reconcile import forget_lost_endpoints
from workshop.errors import PluginError


def publish(
    host: Host,
    endpoint_id: str,
    labels: Mapping[str, Any] | None,
    host_ip: str,
    also: Callable[[], object] = lambda: None,
) -> None:
    """Publish just the ports of the port map among an endpoint's ``labels``, and do ``also`` if there are any.

    :raises PluginError: if a port is taken, or ports cannot be published here; then none is.
    """
    endpoint = host.endpoint(endpoint_id)
    bindings = publishing.port_map(labels)
    if endpoint.get("Ports"):
        host.unpublish(endpoint_id)
    if not bindings:
        return
    if host.firewall.missing:
        raise PluginError(f"ports cannot be published here: {host.firewall.missing}")
    with rollback() as undo:
        published = _hold(host, endpoint_id, bindings, host_ip)
        undo.callback(host.ports.release, endpoint_id)
        host.keep(endpoint_id, Ports=published)
        undo.callback(host.keep, endpoint_id, Ports=[])
        undo.callback(host.firewall.set, endpoint_id, {})
        host.firewall.set(endpoint_id, publishing.elements(published))
        also()


def unpublish(host: Host, endpoint_id: str) -> bool:
    """Let an endpoint's published ports go; say whether there were any."""
    if not (host.endpoints.get(endpoint_id) or {}).get("Ports"):
        return False
    host.unpublish(endpoint_id)
    return True


def told(host: Host, endpoint_id: str, outside: str, inside: str) -> dict[str, Any]:
    """What is worth knowing of an endpoint whose pair's ends are called so: EndpointOperInfo's Value."""
    endpoint = host.endpoint(endpoint_id)
    asked, link = endpoint.get("Interface") or {}, host.kernel.find(outside)
    value: dict[str, Any] = {
        "host_link": outside,
        "container_link": inside,
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


def _hold(host: Host, endpoint_id: str, bindings: Any, host_ip: str) -> list[publishing.Published]:
    """Hold the ports; if one is taken, by somebody who is still there."""
    asked = host.endpoint(endpoint_id).get("Interface") or {}
    addresses = [value.partition("/")[0] for key in ("Address", "AddressIPv6") if (value := asked.get(key))]
    try:
        return publishing.publish(host.ports, endpoint_id, bindings, addresses, host_ip)
    except PluginError:
        if not forget_lost_endpoints(host):
            raise
        return publishing.publish(host.ports, endpoint_id, bindings, addresses, host_ip)
