"""The nodes of a cluster, as Docker tells of them: each is a peer of every tunnel."""

from __future__ import annotations

import contextlib

from workshop.drivers import vxlan_memory as memory
from workshop.drivers import vxlan_network, vxlan_peers, vxlan_tunnel
from workshop.drivers import vxlan_underlay as underlay
from workshop.drivers.host import Host
from workshop.drivers.rooms import looking_from
from workshop.drivers.vxlan_options import host_address
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError
from workshop.protocol import types as t

NODE = 1
"""The DiscoveryType of nodes."""


def discover_new(request: t.DiscoveryRequest, host: Host) -> t.Empty:
    """NetworkDriver.DiscoverNew: every tunnel gets the node as a peer, those that are made later too.

    ``Self`` tells this node's own address. Docker tells all nodes again after its own restart, but not after the
    plugin's: they are remembered.
    """
    node = _node(request, host)
    if node is None:
        return {}
    address, is_here = node
    if memory.node_came(host, address, here=is_here) and is_here:
        _move_tunnels(host)
    vxlan_peers.program_all(host)
    return {}


def discover_delete(request: t.DiscoveryRequest, host: Host) -> t.Empty:
    """NetworkDriver.DiscoverDelete: the node is no peer any more, unless ``-o peers=`` names it."""
    node = _node(request, host)
    if node is not None:
        memory.node_went(host, node[0])
        vxlan_peers.program_all(host)
        for network_id in memory.created(host):
            vxlan_network.answer_for(host, network_id)
    return {}


def _node(request: t.DiscoveryRequest, host: Host) -> tuple[str, bool] | None:
    """The address of the node that a call is about, and whether it is this one."""
    data = request.get("DiscoveryData") or {}
    if request.get("DiscoveryType") != NODE:
        return None
    try:
        return host_address(str(data.get("Address"))), data.get("Self") is True
    except ValueError:
        host.warn(f"A node without a usable address is passed over: {data.get('Address')!r}.")
        return None


def _move_tunnels(host: Host) -> None:
    """This node's address is known now, or another than before: tunnels that were made without it go by it."""
    for network_id in memory.created(host):
        request = host.networks.get(network_id)
        if request is None:
            continue
        # removed meanwhile, or of the other IP version
        with looking_from(host, network_id), contextlib.suppress(PluginError, NetlinkError):
            local = underlay.find(host, vxlan_network.read(request, host)[1]).local
            if vxlan_tunnel.data_of(host, network_id).get("local") not in (None, local):
                vxlan_tunnel.move(host, network_id, local)
