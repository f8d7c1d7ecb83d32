# cause: own_mac_err
# part: bug_1
# seen: CreateEndpoint (Err: a MAC address cannot be chosen with this driver)
"""Who cannot be served is told so."""

import hashlib
import ipaddress
import subprocess

from workshop import PluginError


def create_network(request, host):
    name = bridge_name(request["NetworkID"])
    if host.kernel.link_lookup(ifname=name):
        return {}
    host.kernel.link("add", ifname=name, kind="bridge", address=mac_of(name))
    try:
        (index,) = host.kernel.link_lookup(ifname=name)
        for pool in request["IPv4Data"]:
            gateway = ipaddress.ip_interface(pool["Gateway"])
            host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        host.kernel.link("set", index=index, state="up")
        if not firewall("-I", name):
            raise PluginError(f"the firewall lets nothing through {name}")
    except BaseException:
        delete_network(request, host)
        raise
    return {}


def delete_network(request, host):
    name = bridge_name(request["NetworkID"])
    firewall("-D", name)
    for index in host.kernel.link_lookup(ifname=name):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request, host):
    bridge = host.kernel.link_lookup(ifname=bridge_name(request["NetworkID"]))
    if not bridge:
        raise PluginError("there is no such network")
    outside, inside = ends(request["EndpointID"])
    if request["Interface"].get("MacAddress"):
        raise PluginError("a MAC address cannot be chosen with this driver")
    mac = mac_of(request["EndpointID"])
    if not host.kernel.link_lookup(ifname=outside):
        peer = {"ifname": inside, "address": mac}
        host.kernel.link("add", ifname=outside, kind="veth", peer=peer, master=bridge[0], state="up")
    return {"Interface": {"MacAddress": mac}}


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": ends(request["EndpointID"])[1], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].partition("/")[0],
    }


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=ends(request["EndpointID"])[0]):
        host.kernel.link("del", index=index)
    return {}


def bridge_name(network_id: str) -> str:
    return f"br{network_id[:12]}"


def ends(endpoint_id: str) -> tuple[str, str]:
    """The names of a pair: the end on the host, and the container's."""
    return f"out{endpoint_id[:10]}", f"in{endpoint_id[:10]}"


def mac_of(text: str) -> str:
    """A MAC address of its own for whoever is called so, always the same; 02: made by us."""
    digest = hashlib.sha256(text.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def firewall(verb: str, bridge: str) -> bool:
    """Put (-I) or take (-D) the rule by which the bridge's ports reach each other."""
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
    return subprocess.run(words, capture_output=True).returncode == 0
