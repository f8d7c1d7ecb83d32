"""Bug 6, mended: which bridge is a network's follows from the network's ID, and from nothing that can be forgotten.

The numbers were given out in the order in which networks were met, and kept in a variable. A new process has a new
variable: whoever came first then was given dlan0, another network's bridge.
"""

import hashlib
import ipaddress
import subprocess

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import (
    CreateEndpointAnswer,
    CreateEndpointRequest,
    CreateNetworkRequest,
    Empty,
    EndpointRequest,
    JoinAnswer,
    JoinRequest,
    NetworkRequest,
)


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: the network's bridge, unless it is there already."""
    bridge = bridge_of(request["NetworkID"])
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


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: its bridge goes."""
    bridge = bridge_of(request["NetworkID"])
    firewall("-D", bridge)
    for index in host.kernel.link_lookup(ifname=bridge):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a pair of links, of which one is a port of the network's bridge."""
    bridge = bridge_of(request["NetworkID"])
    ports = host.kernel.link_lookup(ifname=bridge)
    if not ports:
        raise PluginError(f"there is no bridge {bridge}")
    outside, inside = ends(request["EndpointID"])
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer={"ifname": inside}, master=ports[0], state="up")
    host.log(f"{outside} is a port of {bridge}")
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the other one is the container's."""
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": ends(request["EndpointID"])[1], "DstPrefix": "eth"},
        "Gateway": str(ipaddress.ip_interface(network["IPv4Data"][0]["Gateway"]).ip),
    }


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: Docker does it."""
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: the pair goes."""
    for index in host.kernel.link_lookup(ifname=ends(request["EndpointID"])[0]):
        host.kernel.link("del", index=index)
    return {}


def bridge_of(network_id: str) -> str:
    return f"dlan{network_id[:11]}"


def ends(endpoint_id: str) -> tuple[str, str]:
    return f"port{endpoint_id[:11]}", f"link{endpoint_id[:11]}"


def mac_of(network_id: str) -> str:
    digest = hashlib.sha256(network_id.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))


def firewall(verb: str, bridge: str, check: bool = False) -> None:
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
    if subprocess.run(words, capture_output=True).returncode and check:
        raise PluginError(f"the firewall does not let {bridge} through")
