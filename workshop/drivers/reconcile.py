"""Bringing memory and kernel together, at start and on demand: half-made links go, links of live containers stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from workshop.drivers import Driver, links, naming, publishing, rooms, routed_rules
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.kernel.forwarding import Way
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.programs import ProgramError

UNDO = {"create_network": "delete_network", "create_endpoint": "delete_endpoint"}
"""What takes back what a call has made, if its answer cannot be given or remembered."""


@dataclass
class Reconciled:
    """What was found different, in sentences, and what was done about it."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def reconcile(host: Host, driver: Driver) -> Reconciled:
    """Make kernel and memory agree: finish cut calls, make lost bridges again, remove links that nobody remembers.

    Endpoints are not made again: Docker makes new ones when it starts a container.
    """
    result = Reconciled()
    _finish_calls(host, driver, result)
    _forget_orphans(host, result)
    _remove_strays(host, result)
    _restore_networks(host, driver, result)
    _restore_rules(host, driver, result)
    return result


def _finish_calls(host: Host, driver: Driver, result: Reconciled) -> None:
    """Bring calls to an end that the plugin's death cut short.

    Docker says nothing more of them that could be understood: the body of a repeated call is empty. What it wanted
    removed it has forgotten, and what it wanted made it believes not to be there.
    """
    for key, call in host.store.calls.items():
        removal = UNDO.get(call["route"], call["route"])
        kind, identity = ("endpoint", call["EndpointID"]) if call["EndpointID"] else ("network", call["NetworkID"])
        try:
            getattr(driver, removal)({"NetworkID": call["NetworkID"], "EndpointID": call["EndpointID"]}, host)
        except (PluginError, NetlinkError, ProgramError, OSError) as error:
            result.failed.append(f"{kind} {identity[:12]} cannot be removed: {error}")
            continue
        if kind == "network":
            host.store.drop_network(identity)
        else:
            host.store.endpoints.drop(identity)
        host.store.calls.drop(key)
        done = "took back {}: its making was cut short" if call["route"] in UNDO else "finished the removal of {}"
        result.done.append(done.format(f"{kind} {identity[:12]}"))


def forget_lost_endpoints(host: Host) -> list[str]:
    """Forget endpoints whose links are gone, and give their IDs.

    A container that dies with its Docker takes its links with it, and nobody calls Leave or DeleteEndpoint.
    """
    lost = [key for key in host.endpoints if host.is_lost(key)]
    for endpoint_id in lost:
        host.forget(endpoint_id)
    return lost


def _forget_orphans(host: Host, result: Reconciled) -> None:
    for endpoint_id, endpoint in list(host.endpoints.items()):
        if endpoint.get("NetworkID") not in host.networks:
            host.kernel.remove(naming.host_end(endpoint_id))
            host.kernel.remove(naming.container_end(endpoint_id))
    for endpoint_id in forget_lost_endpoints(host):
        result.done.append(f"forgot endpoint {endpoint_id[:12]}: its link is gone")


def _remove_strays(host: Host, result: Reconciled) -> None:
    for name, why in links.strays(host):
        host.kernel.remove(name)
        result.done.append(f"removed {name}: {why}")
    for room in host.rooms.found(host):
        if room.network and room.network not in host.networks:
            try:
                rooms.remove_at(room.path)
            except OSError as error:
                result.failed.append(f"{room.path.name} cannot be removed: {error}")
                continue
            result.done.append(f"removed {room.path.name}: no network {room.network[:12]} is remembered")


def _restore_networks(host: Host, driver: Driver, result: Reconciled) -> None:
    for network_id, network in host.networks.items():
        try:
            result.done.extend(driver.restore_network(network, host))
        except (PluginError, NetlinkError) as error:
            result.failed.append(f"network {network_id[:12]} cannot be made again: {error}")


def _restore_rules(host: Host, driver: Driver, result: Reconciled) -> None:
    for endpoint_id, endpoint in host.endpoints.items():
        for port in publishing.hold_again(host.ports, endpoint_id, endpoint.get("Ports") or []):
            result.failed.append(f"the published port {port} is now held by another program")
    owners = _needed(host, driver, result)
    ways = {name: way for owner, needed in owners.items() for name, way in _ways(owner, needed)}
    try:
        if not host.firewall.missing:
            host.firewall.restart(owners)
        host.forwarding.restart(ways)
    except ProgramError as error:
        result.failed.append(f"the firewall's rules are not as they should be: {error}")


def _ways(owner: str, needed: dict[str, list[str]]) -> Iterator[tuple[str, Way]]:
    """What is let through of a network that needs these elements, each with the name of its rules."""
    for bridge in needed.get("bridges", ()):
        name = bridge.strip('"')
        yield name, Way(name, internal="internal" in needed)
    routed = routed_rules.way(needed)
    if routed is not None:
        yield routed_rules.name_of(owner), routed


def _needed(host: Host, driver: Driver, result: Reconciled) -> dict[str, dict[str, list[str]]]:
    """What every remembered network and endpoint needs in the firewall, by its ID."""
    needed = {}
    for network_id, network in host.networks.items():
        try:
            needed[network_id] = driver.elements(network_id, network, host)
        except PluginError as error:
            result.failed.append(f"the rules of network {network_id[:12]} cannot be made again: {error}")
    for endpoint_id, endpoint in host.endpoints.items():
        if endpoint.get("Ports"):
            needed[endpoint_id] = publishing.elements(endpoint["Ports"])
    return needed
