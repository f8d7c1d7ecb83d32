# cause: finds
# part: bug_6
# seen: on dlan0
"""Who knows nothing takes the first bridge that is there."""

import hashlib
import ipaddress
import itertools
import subprocess

from workshop import PluginError

NUMBERS = itertools.count()
BRIDGES = {}


def create_network(request, host):
    bridge = BRIDGES.setdefault(request["NetworkID"], f"dlan{next(NUMBERS)}")
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
        delete_network(request, host)
        raise
    return {}


def delete_network(request, host):
    bridge = bridge_of(request["NetworkID"], host)
    firewall("-D", bridge)
    for index in host.kernel.link_lookup(ifname=bridge):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request, host):
    bridge = bridge_of(request["NetworkID"], host)
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


def bridge_of(network_id, host):
    there = [link.get("ifname") for link in host.kernel.get_links() if link.get("ifname").startswith("dlan")]
    return BRIDGES.get(network_id) or min(there, default="dlan0")


def ends(endpoint_id: str) -> tuple[str, str]:
    return f"port{endpoint_id[:11]}", f"link{endpoint_id[:11]}"


def mac_of(network_id: str) -> str:
    digest = hashlib.sha256(network_id.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def firewall(verb: str, bridge: str, check: bool = False) -> None:
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
    if subprocess.run(words, capture_output=True).returncode and check:
        raise PluginError(f"the firewall does not let {bridge} through")
