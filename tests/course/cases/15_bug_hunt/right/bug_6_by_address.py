# part: bug_6
"""The bridge is the link that has the gateway's address; its name comes from the subnet."""

import hashlib
import ipaddress
import subprocess

from workshop import PluginError


def create_network(request, host):
    bridge = bridge_of(request)
    if host.kernel.link_lookup(ifname=bridge):
        return {}  # Docker asks again
    host.kernel.link("add", ifname=bridge, kind="bridge", address=mac_of(request["NetworkID"]), state="up")
    try:
        (index,) = host.kernel.link_lookup(ifname=bridge)
        for pool in request["IPv4Data"]:
            gateway = ipaddress.ip_interface(pool["Gateway"])
            host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        firewall("-I", bridge, check=True)
    except BaseException:
        firewall("-D", bridge)
        for index in host.kernel.link_lookup(ifname=bridge):
            host.kernel.link("del", index=index)
        raise
    return {}


def delete_network(request, host):
    bridge = bridge_by_address(request["NetworkID"], host)
    firewall("-D", bridge)
    for index in host.kernel.link_lookup(ifname=bridge):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request, host):
    bridge = bridge_by_address(request["NetworkID"], host)
    ports = host.kernel.link_lookup(ifname=bridge)
    if not ports:
        raise PluginError(f"there is no bridge {bridge}")
    outside, inside = ends(request["EndpointID"])
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer={"ifname": inside}, master=ports[0], state="up")
    host.log(f"{outside} is a port of {bridge}")
    return {"Interface": {}}


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": ends(request["EndpointID"])[1], "DstPrefix": "eth"},
        "Gateway": str(ipaddress.ip_interface(network["IPv4Data"][0]["Gateway"]).ip),
    }


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=ends(request["EndpointID"])[0]):
        host.kernel.link("del", index=index)
    return {}


def bridge_of(network):
    pool = ipaddress.ip_network(network["IPv4Data"][0]["Pool"])
    return f"dlan-{int(pool.network_address):x}"


def bridge_by_address(network_id, host):
    gateway = host.network(network_id)["IPv4Data"][0]["Gateway"].partition("/")[0]
    for address in host.kernel.get_addr(family=2):
        if address.get("address") == gateway:
            return host.kernel.get_links(address["index"])[0].get("ifname")
    raise PluginError(f"nobody has {gateway}")


def ends(endpoint_id: str) -> tuple[str, str]:
    return f"port{endpoint_id[:11]}", f"link{endpoint_id[:11]}"


def mac_of(network_id: str) -> str:
    digest = hashlib.sha256(network_id.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def firewall(verb: str, bridge: str, check: bool = False) -> None:
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
    if subprocess.run(words, capture_output=True).returncode and check:
        raise PluginError(f"the firewall does not let {bridge} through")
