"""The host's own place in a network that is in its own namespace: a pair, whose end on the host is the gateway.

As a picture:

    host                       the network's namespace
    wsg<network> ════════ wsu<network> ─ wsb<network>
    gateway addresses
"""

from __future__ import annotations

import contextlib

from workshop.drivers import bridge_link, links, naming
from workshop.drivers.facts import Facts
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.drivers.vxlan_options import OWN

_MASTER, _STICKY, _STATIC = 0x04, 0x40, 0x42


def name_of(network_id: str, chosen: Options) -> str:
    """The link by which packets go between the host and a network: its bridge, or what stands for that on the host."""
    return naming.gateway_end(network_id) if chosen.namespace == OWN else bridge_link.name_of(network_id, chosen)


def ensure(room: Host, network_id: str, mac: str, facts: Facts, chosen: Options, undo: contextlib.ExitStack) -> bool:
    """Let there be the pair, its inner end on the bridge in the ``room``, the outer one with the addresses of the
    gateways; say whether it had to be made. A network without gateways needs none.
    """
    if not (facts.gateways and chosen.gateway):
        return False
    outside, outer, inner = room.outside, naming.gateway_end(network_id), naming.uplink(network_id)
    there = links.refuse_others(outside, outer, "network", network_id)
    master = room.kernel.index(bridge_link.name_of(network_id, chosen))
    if not there:
        links.clear_the_way(outside, outer, "network", network_id)
        links.clear_the_way(room, inner, "network", network_id)
        links.add_pair(room, inner, outer, mac, master, chosen.mtu, undo)
        for place, name in ((outside, outer), (room, inner)):
            mark = naming.alias("network", network_id, room.plugin)
            place.kernel.link("set", index=place.kernel.index(name), ifalias=mark)
    elif room.kernel.find(inner).get("master") != master:  # the bridge had to be made again
        room.kernel.link("set", index=room.kernel.index(inner), master=master)
    _keep_it_here(room, room.kernel.index(inner), mac)
    index = outside.kernel.index(outer)
    bridge_link.give_gateways(outside, index, facts, chosen, is_new=not there)
    if not there or outside.kernel.find(outer).get("state") != "up":
        outside.kernel.link("set", index=index, state="up")
    bridge_link.switch_on(outside, outer, facts)
    return not there


def _keep_it_here(room: Host, index: int, mac: str) -> None:
    """Let the bridge always know behind which port the gateway is: what it has learned, it forgets after some minutes.

    It would then send into the tunnel, too, what is for the gateway. The tunnel knows that this is here, and hands it
    to itself; and the bridge believes that whoever sent or answered it is behind the tunnel.
    """
    known = room.kernel.fdb("dump", ifindex=index, lladdr=mac)
    if not any(str(each.get("lladdr")) == mac and each["flags"] & _STICKY for each in known):
        room.kernel.fdb("replace", ifindex=index, lladdr=mac, flags=_MASTER | _STICKY, state=_STATIC)


def remove(host: Host, network_id: str) -> None:
    """Remove the pair, if it is there."""
    links.remove_ours(host.outside, naming.gateway_end(network_id), "network", network_id)
