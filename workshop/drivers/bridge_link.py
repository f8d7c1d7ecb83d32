"""The bridge itself, and the ports on it: made, or brought to what they should be if they are there."""

from __future__ import annotations

import contextlib

from workshop.drivers import adopted, links, naming
from workshop.drivers.facts import Facts
from workshop.drivers.host import Host
from workshop.drivers.options import Options

NODAD = 0x02
"""Address flag: usable at once, without asking the neighbours whether they have it too."""

FORWARDING = ((4, "net/ipv4/ip_forward"), (6, "net/ipv6/conf/all/forwarding"))
"""What lets packets pass from one link to another, by IP version."""


def name_of(network_id: str, chosen: Options) -> str:
    """What a network's bridge is to be called."""
    return chosen.bridge or naming.bridge(network_id)


def of(host: Host, network_id: str, chosen: Options) -> str:
    """What a network's bridge is called. Raises PluginError if another handler made the network, and no bridge."""
    return adopted.bridge(host.networks.get(network_id)) or name_of(network_id, chosen)


def ensure(
    host: Host, network_id: str, facts: Facts, chosen: Options, undo: contextlib.ExitStack, mac: str | None = None
) -> bool:
    """Let there be the network's bridge, with its addresses, up; say whether it had to be made.

    ``mac`` is its MAC address, without it one made from the network's ID. One that is there stays, with its ports, and
    gets what it lacks. Raises PluginError if the name is somebody else's.
    """
    name, first = name_of(network_id, chosen), naming.bridge(network_id)
    there = links.refuse_others(host, name, "network", network_id)
    kernel = host.kernel
    if not there:
        # under a name of our own until it is marked: cut short before, it is known as ours
        links.clear_the_way(host, first, "network", network_id)
        kernel.link("add", ifname=first, kind="bridge", address=mac or naming.mac(network_id), mtu=chosen.mtu)
        undo.callback(kernel.remove, first)
        index = kernel.index(first)
        kernel.link("set", index=index, ifalias=naming.alias("network", network_id, host.plugin))
        if name != first:
            kernel.link("set", index=index, ifname=name)
            undo.callback(kernel.remove, name)
    index = kernel.index(name)
    give_gateways(host, index, facts, chosen, is_new=not there)
    if not there or kernel.find(name).get("state") != "up":
        kernel.link("set", index=index, state="up")
    switch_on(host, name, facts)
    return not there


def remove(host: Host, network_id: str, chosen: Options | None) -> None:
    """Remove a network's bridge, if it is there, also one that did not get its own name yet."""
    names = {naming.bridge(network_id)} | ({chosen.bridge} if chosen and chosen.bridge else set())
    for name in sorted(names):
        links.remove_ours(host, name, "network", network_id)


def attach(host: Host, endpoint_id: str, bridge: str, chosen: Options, *, published: bool) -> bool:
    """Let an endpoint's host end be a port of the bridge again; say whether it was not."""
    link, master = host.kernel.find(adopted.host_end(host, endpoint_id)), host.kernel.index(bridge)
    if link is None or link.get("master") == master:
        return False
    host.kernel.link("set", index=link["index"], master=master, state="up")
    if not chosen.icc:
        host.kernel.brport("set", index=link["index"], isolated=True)
    if published:
        hairpin(host, endpoint_id, True)
    return True


def hairpin(host: Host, endpoint_id: str, on: bool) -> None:
    """Whether a container may reach its own published port: its frames go back through the port they came from."""
    index = host.kernel.index(adopted.host_end(host, endpoint_id))
    if index is not None:
        host.kernel.brport("set", index=index, mode=int(on))


def give_gateways(host: Host, index: int, facts: Facts, chosen: Options, *, is_new: bool) -> None:
    """Give a link the addresses of the gateways that it lacks; one that ``is_new`` has none."""
    present = set() if is_new else {str(each.get("address")) for each in host.kernel.get_addr(index=index)}
    for gateway in facts.gateways if chosen.gateway else ():
        if str(gateway.ip) not in present:
            flags = {"flags": NODAD} if gateway.version == 6 else {}
            host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen, **flags)


def switch_on(host: Host, name: str, facts: Facts) -> None:
    """What the kernel needs to be told so that packets may leave and enter the network by the link of that name."""
    if facts.internal or not facts.gateways:
        return
    host.kernel.sysctl(f"net/ipv4/conf/{name}/route_localnet", "1")
    for version, key in FORWARDING:
        if facts.pools_of(version) and not host.kernel.sysctl(key, "1"):
            host.warn(f"Containers reach only each other: {key.replace('/', '.')} is off and cannot be switched on.")
