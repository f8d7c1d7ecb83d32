"""Asks the kernel for tunnels instead of the plugin for networks; deletes first and asks afterwards."""

import contextlib
import hashlib

from pyroute2.netlink.exceptions import NetlinkError

others, mine = [], []


def discover_new(request, host):
    match request:
        case {"DiscoveryType": 1, "DiscoveryData": {"Address": address, "Self": True, **more}}:
            mine[:] = [more.get("BindAddress") or address]
        case {"DiscoveryType": 1, "DiscoveryData": {"Address": address}} if address not in others:
            others.append(address)
            for link in tunnels(host):
                entry(host, "append", link, address)
    return {}


def discover_delete(request, host):
    if request["DiscoveryType"] != 1:
        return {}
    address = request["DiscoveryData"]["Address"]
    for link in tunnels(host):
        with contextlib.suppress(NetlinkError):  # it was not there
            entry(host, "del", link, address)
    if address in others:
        others.remove(address)
    return {}


def tunnels(host):
    return [link["index"] for link in host.kernel.get_links() if kind_of(link) == "vxlan"]


def kind_of(link):
    return (link.get_attr("IFLA_LINKINFO") or {}).get("kind") if link.get_attr("IFLA_LINKINFO") else None


def entry(host, verb, index, address):
    host.kernel.fdb(verb, ifindex=index, lladdr="00:00:00:00:00:00", dst=address)


def create_network(request, host):
    digits = hashlib.sha1(request["NetworkID"].encode()).hexdigest()
    ip = host.kernel
    ip.link("add", ifname=f"br-{digits[:9]}", kind="bridge", address="02:11:22:33:44:" + digits[:2])
    (bridge,) = ip.link_lookup(ifname=f"br-{digits[:9]}")
    gateway, _, length = request["IPv4Data"][0]["Gateway"].partition("/")
    ip.addr("add", index=bridge, address=gateway, prefixlen=int(length))
    ip.link("set", index=bridge, state="up")
    options = {"vxlan_id": int(digits[:4], 16), "vxlan_port": 4789, "vxlan_learning": False}
    if mine:
        options["vxlan_local6" if ":" in mine[0] else "vxlan_local"] = mine[0]
    ip.link("add", ifname=f"vx-{digits[:9]}", kind="vxlan", **options)
    (tunnel,) = ip.link_lookup(ifname=f"vx-{digits[:9]}")
    for address in others:
        entry(host, "append", tunnel, address)
    ip.link("set", index=tunnel, master=bridge, state="up")
    return {}
