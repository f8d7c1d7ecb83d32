"""A network with a tunnel as a whole: read from its request, made on this host, and made again what was lost of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workshop.drivers import bridge_link, bridge_rules, naming, options, vxlan_gateway, vxlan_peers, vxlan_tunnel
from workshop.drivers import vxlan_memory as memory
from workshop.drivers import vxlan_underlay as underlay
from workshop.drivers.facts import Facts, facts_of
from workshop.drivers.host import Host, rollback
from workshop.drivers.options import Options
from workshop.drivers.rooms import seen_from
from workshop.drivers.vxlan_options import OPTIONS, OWN
from workshop.errors import PluginError

TRIES = 5
"""How many VNIs are tried if the user named none: one may be in use where it cannot be seen."""


def read(request: Mapping[str, Any], host: Host, *, quiet: bool = True) -> tuple[Facts, Options]:
    """A network's addresses and options; its VNI and MTU are those that it has, once it has some."""
    chosen = options.read(OPTIONS, request, (lambda text: None) if quiet else host.warn)
    row = memory.row_of(host, request["NetworkID"])
    return facts_of(request), having(chosen, vni=chosen.vni or row.get("vni"), mtu=chosen.mtu or row.get("mtu"))


def having(chosen: Options, **values: Any) -> Options:
    """The options with some values replaced."""
    return Options({**vars(chosen), **values})


def check(chosen: Options) -> None:
    """Refuse what does not go together."""
    underlay.version_of(chosen)
    if chosen.group and chosen.peers:
        raise PluginError("option peers: not together with group, by which every host is reached already")


def vnis_in_use(host: Host) -> set[int]:
    """The VNIs of all tunnels on this host, whoever's they are."""
    return {data["vni"] for _, data in vxlan_tunnel.tunnels(host)}


def make(host: Host, network_id: str, facts: Facts, chosen: Options) -> None:
    """A bridge with the gateways' addresses, a tunnel on it that has all peers known so far, both up, and let through
    the firewall. If that cannot be, nothing is left of it, and its VNI is not taken.

    :raises PluginError: naming the option that stands in the way.
    """
    avoid = vnis_in_use(host) if not chosen.vni else set[int]()
    for attempt in range(1, TRIES + 1):
        try:
            with rollback() as undo:
                vni, is_new = memory.claim(host, network_id, chosen.vni, memory.CREATED, avoid)
                if is_new:
                    undo.callback(memory.release, host, network_id, memory.CREATED)
                _make_with(host, network_id, facts, having(chosen, vni=vni), undo)
            return
        except vxlan_tunnel.VniInUse:
            if chosen.vni or attempt == TRIES:
                raise
            avoid.add(vni)


def _make_with(host: Host, network_id: str, facts: Facts, chosen: Options, undo: contextlib.ExitStack) -> None:
    """All that a network is in kernel and firewall."""
    under = underlay.find(host, chosen)
    chosen = having(chosen, mtu=underlay.mtu_for(under, chosen, facts))
    _note(host, network_id, chosen)
    place = _place(host, network_id, chosen, undo)
    _ensure_bridge(place, network_id, facts, chosen, undo)
    vxlan_tunnel.ensure(place, network_id, bridge_link.name_of(network_id, chosen), under, chosen, undo)
    vxlan_peers.program(host, network_id)
    bridge_rules.let_through(host, network_id, vxlan_gateway.name_of(network_id, chosen), facts, chosen, undo)


def _place(host: Host, network_id: str, chosen: Options, undo: contextlib.ExitStack) -> Host:
    """Where bridge and tunnel are to be: the host, or the network's room, which is made if it is not there."""
    if chosen.namespace == OWN and host.rooms.make(network_id):
        undo.callback(host.rooms.remove, network_id)
    return seen_from(host, network_id)


def _ensure_bridge(place: Host, network_id: str, facts: Facts, chosen: Options, undo: contextlib.ExitStack) -> bool:
    """Let there be the bridge, with the gateways' addresses or with a way to where they are; say whether it was made.

    The gateway has the same MAC address on every host. In a room it is the host's link that has it, not the bridge.
    """
    mac = vxlan_tunnel.gateway_mac(chosen.vni)
    if chosen.namespace != OWN:
        return bridge_link.ensure(place, network_id, facts, chosen, undo, mac)
    without = replace(facts, gateways=())
    is_new = bridge_link.ensure(place, network_id, without, chosen, undo)
    return vxlan_gateway.ensure(place, network_id, mac, facts, chosen, undo) or is_new


def restore(host: Host, network_id: str, facts: Facts, chosen: Options) -> list[str]:
    """Bring a remembered network's bridge, tunnel and ports to what they should be, but no rules; say what was not.

    :raises PluginError: if the tunnel cannot be made; the bridge is as it should be all the same.
    """
    done = []
    vni, _ = memory.claim(host, network_id, chosen.vni, memory.CREATED)
    chosen = having(chosen, vni=vni)
    under: underlay.Underlay | PluginError
    try:
        under = underlay.find(host, chosen)
    except PluginError as error:
        under = error  # the bridge is good without it
    if chosen.mtu is None:
        if isinstance(under, PluginError):
            raise under
        chosen = having(chosen, mtu=underlay.mtu_for(under, chosen, facts))
    name = bridge_link.name_of(network_id, chosen)
    with rollback() as undo:
        place = _place(host, network_id, chosen, undo)
        if _ensure_bridge(place, network_id, facts, chosen, undo):
            done.append(f"made {name} again for network {network_id[:12]}: it was gone")
    for endpoint_id, endpoint in host.store.endpoints_of(network_id).items():
        if bridge_link.attach(place, endpoint_id, name, chosen, published=bool(endpoint.get("Ports"))):
            done.append(f"put {naming.host_end(endpoint_id)} on {name} again")
    if isinstance(under, PluginError):
        raise under
    with rollback() as undo:
        if vxlan_tunnel.ensure(place, network_id, name, under, chosen, undo):
            done.append(f"made {naming.tunnel(network_id)} again for network {network_id[:12]}: it was gone")
        _note(host, network_id, chosen)
        vxlan_peers.program(host, network_id)
    answer_for(host, network_id)
    return done


def _note(host: Host, network_id: str, chosen: Options) -> None:
    memory.note(host, network_id, peers=list(chosen.peers), mtu=chosen.mtu)


def answer_for(host: Host, network_id: str) -> None:
    """Let the bridge answer for containers behind the tunnel, if the user wants that."""
    network = host.networks.get(network_id)
    if network is None:
        return
    facts, chosen = read(network, host)
    if chosen.proxy_arp:
        vxlan_peers.answer_for(host, network_id, bridge_link.name_of(network_id, chosen), facts.pools_of(4))
