"""The VXLAN link of a network, a port of its bridge: made, or brought to what it should be if it is there."""

from __future__ import annotations

import contextlib
from typing import Any

from workshop.drivers import links, naming
from workshop.drivers.host import Host
from workshop.drivers.options import Options
from workshop.drivers.rooms import seen_from
from workshop.drivers.vxlan_underlay import Underlay
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError

_EXISTS, _UNKNOWN_KIND = 17, 95
_SELF, _PERMANENT = 0x02, 0xC0


class VniInUse(PluginError):
    """Another tunnel on this host, which is not of this plugin, has the VNI."""


def gateway_mac(vni: int) -> str:
    """The MAC address of a network's bridge, the same on every host, as is the gateway's address: all have it."""
    return naming.mac(f"vxlan {vni}")


def container_mac(vni: int, place: str) -> str:
    """The MAC address for a container's address, the same wherever it runs. It tells an IPv4 address."""
    address = place.partition("/")[0]
    if address.count(".") == 3:
        return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))
    return naming.mac(f"vxlan {vni} {address}")


def address_of(mac: str) -> str | None:
    """The IPv4 address that a MAC address tells, if it was made from one."""
    parts = mac.split(":")
    return ".".join(str(int(part, 16)) for part in parts[2:]) if parts[:2] == ["02", "42"] else None


def ensure(
    host: Host, network_id: str, bridge: str, under: Underlay, chosen: Options, undo: contextlib.ExitStack
) -> bool:
    """Let there be the network's tunnel, on the bridge, up; say whether it had to be made.

    ``host`` is as seen from where the bridge is; the tunnel's packets travel outside.

    :raises PluginError: if its name is somebody else's. ``VniInUse`` if its VNI is.
    """
    kernel, name = host.kernel, naming.tunnel(network_id)
    there = links.refuse_others(host, name, "network", network_id)
    if there and _own_data(kernel.find(name)).get("vni") != chosen.vni:
        kernel.remove(name)
        there = False
    if not there:
        links.clear_the_way(host, name, "network", network_id)
        _add(host, name, under, chosen)
        undo.callback(kernel.remove, name)
        index = kernel.index(name)
        kernel.link("set", index=index, ifalias=naming.alias("network", network_id, host.plugin))
        keep_the_gateway(host, index, chosen.vni, under.local)  # before anything comes out of it
    link, master = kernel.find(name), kernel.index(bridge)
    index = link["index"]
    if _own_data(link).get("local") != under.local:
        move(host, network_id, under.local)
    # before it is up: it has no addresses of its own, and need not look for routers at the other end
    kernel.sysctl(f"net/ipv6/conf/{name}/disable_ipv6", "1")
    if link.get("master") != master or link.get("state") != "up":
        kernel.link("set", index=index, master=master, state="up")
    flags = {"isolated": not chosen.icc, "neigh_suppress": chosen.proxy_arp}
    if wanted := {flag: True for flag, on in flags.items() if on}:
        kernel.brport("set", index=index, **wanted)
    return not there


def _add(host: Host, name: str, under: Underlay, chosen: Options) -> None:
    six = "6" if under.version == 6 else ""
    more: dict[str, Any] = {f"vxlan_local{six}": under.local}
    if chosen.group:
        more[f"vxlan_group{six}"] = chosen.group
    if chosen.group or chosen.parent:
        more["vxlan_link"] = under.index
    try:
        kind = {"kind": "vxlan", "vxlan_id": chosen.vni, "vxlan_port": chosen.port}
        if host.outside is not host:
            more["net_ns_fd"] = host.namespace
        host.outside.kernel.link("add", ifname=name, mtu=chosen.mtu, **kind, **more)
    except NetlinkError as error:
        if error.code == _EXISTS:
            raise VniInUse(_whose(host, chosen.vni)) from None
        if error.code == _UNKNOWN_KIND:
            raise PluginError("this kernel has no vxlan links; load them with `sudo modprobe vxlan`") from None
        raise


def _whose(host: Host, vni: int) -> str:
    name = next((name for name, data in tunnels(host) if data.get("vni") == vni), None)
    by = f"the link {name}" if name else "a link in another namespace, as Docker's own overlay networks have them"
    return f"VNI {vni} is in use on this host by {by}; choose another with -o vni="


def tunnels(host: Host) -> list[tuple[str, dict[str, Any]]]:
    """All VXLAN links of the host's namespace, whoever's they are: name, and ``vni``, ``local``, ``group``."""
    found = (link for link in host.outside.kernel.links() if link.get(("linkinfo", "kind")) == "vxlan")
    return [(link.get("ifname"), _own_data(link)) for link in found]


def data_of(host: Host, network_id: str) -> dict[str, Any]:
    """Of a network's tunnel ``index, vni, local, group``, as the kernel has it; nothing if it is not there."""
    link = seen_from(host, network_id).kernel.find(naming.tunnel(network_id))
    return {"index": link["index"], **_own_data(link)} if link is not None else {}


def keep_the_gateway(host: Host, index: int, vni: int, local: str) -> None:
    """Every host has the gateway's address and MAC. With an entry that says that it is here, the kernel drops what
    comes out of the tunnel from another host's gateway, and never learns that it is there.
    """
    host.kernel.fdb("replace", ifindex=index, lladdr=gateway_mac(vni), dst=local, flags=_SELF, state=_PERMANENT)


def move(host: Host, network_id: str, local: str) -> None:
    """Let the tunnel's packets carry another address of this host."""
    kernel = seen_from(host, network_id).kernel
    index = kernel.index(naming.tunnel(network_id))
    if index is not None:
        six = "6" if ":" in local else ""
        kernel.link("set", index=index, kind="vxlan", **{f"vxlan_local{six}": local})


def remove(host: Host, network_id: str) -> None:
    """Remove a network's tunnel, if it is there."""
    links.remove_ours(seen_from(host, network_id), naming.tunnel(network_id), "network", network_id)


def _own_data(link: Any) -> dict[str, Any]:
    data = link.get(("linkinfo", "data")) or {}
    return {
        "vni": data.get("vxlan_id"),
        "local": data.get("vxlan_local") or data.get("vxlan_local6"),
        "group": data.get("vxlan_group") or data.get("vxlan_group6"),
    }
