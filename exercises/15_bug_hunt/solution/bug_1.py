"""Bug 1, mended: a MAC address is only answered where Docker left the choice to the driver.

Docker takes any address that it has chosen already as changed if it comes back, even if it is the same.
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
    """NetworkDriver.CreateNetwork: a bridge with the gateway's address, whose ports may talk to each other."""
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


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: rule and bridge are gone afterwards."""
    name = bridge_name(request["NetworkID"])
    firewall("-D", name)
    for index in host.kernel.link_lookup(ifname=name):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a pair, one end on the bridge, the other with the container's MAC address."""
    bridge = host.kernel.link_lookup(ifname=bridge_name(request["NetworkID"]))
    if not bridge:
        raise PluginError("there is no such network")
    outside, inside = ends(request["EndpointID"])
    given = request["Interface"].get("MacAddress")
    mac = given or mac_of(request["EndpointID"])
    if not host.kernel.link_lookup(ifname=outside):
        peer = {"ifname": inside, "address": mac}
        host.kernel.link("add", ifname=outside, kind="veth", peer=peer, master=bridge[0], state="up")
    return {"Interface": {} if given else {"MacAddress": mac}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the loose end goes into the container."""
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": ends(request["EndpointID"])[1], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].partition("/")[0],
    }


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: Docker puts the link back on the host by itself."""
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: the pair is gone afterwards."""
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
