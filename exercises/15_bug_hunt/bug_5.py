"""Bug 5: what is long does not arrive.

    "Our lines carry packets of 1400 bytes, so we make our networks with `-o com.docker.network.driver.mtu=1400`.
    `ping kitchen` works then, but `ping -s 1450 kitchen` gets no answer, and the gateway gives none to `ping -s 1450`
    either. In a network without that option, both work."

TODO: find the fault and mend it. README.md says how to look.
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

MTU = "com.docker.network.driver.mtu"
USUAL = 1500


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: a bridge for packets of the size that was asked for."""
    bridge = f"sw{request['NetworkID'][:11]}"
    mtu = mtu_of(request)
    if host.kernel.link_lookup(ifname=bridge):
        return {}
    host.kernel.link("add", ifname=bridge, kind="bridge", address=mac_of(bridge))
    try:
        (index,) = host.kernel.link_lookup(ifname=bridge)
        host.kernel.link("set", index=index, mtu=mtu, state="up")
        for pool in request["IPv4Data"]:
            gateway = ipaddress.ip_interface(pool["Gateway"])
            host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        firewall("-I", bridge)
    except BaseException:
        delete_network(request, host)
        raise
    return {}


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: all that was made for it goes."""
    bridge = f"sw{request['NetworkID'][:11]}"
    firewall("-D", bridge, must=False)
    for index in host.kernel.link_lookup(ifname=bridge):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a cable between the bridge and the container, for packets of the network's size."""
    network = host.network(request["NetworkID"])
    bridge = host.kernel.link_lookup(ifname=f"sw{request['NetworkID'][:11]}")
    if not bridge:
        raise PluginError("the bridge of this network is gone")
    plug, socket = f"plug{request['EndpointID'][:9]}", f"sock{request['EndpointID'][:9]}"
    if not host.kernel.link_lookup(ifname=plug):
        mtu = mtu_of(network)
        cable = {"ifname": plug, "kind": "veth", "peer": {"ifname": socket}, "mtu": mtu}
        host.kernel.link("add", **cable, master=bridge[0], state="up")
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the end that is not plugged in is the container's."""
    gateway = ipaddress.ip_interface(host.network(request["NetworkID"])["IPv4Data"][0]["Gateway"])
    return {
        "InterfaceName": {"SrcName": f"sock{request['EndpointID'][:9]}", "DstPrefix": "eth"},
        "Gateway": str(gateway.ip),
    }


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: nothing is to be done yet."""
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: the cable goes."""
    for index in host.kernel.link_lookup(ifname=f"plug{request['EndpointID'][:9]}"):
        host.kernel.link("del", index=index)
    return {}


def mtu_of(network: CreateNetworkRequest) -> int:
    """The largest packet of a network: what its user asked for with `-o`, or the usual."""
    options = (network.get("Options") or {}).get("com.docker.network.generic") or {}
    asked = options.get(MTU, USUAL)
    try:
        return int(asked)
    except ValueError:
        raise PluginError(f"{MTU}: {asked!r} is no number") from None


def mac_of(bridge: str) -> str:
    digest = hashlib.sha256(bridge.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (2, *digest[:5]))


def firewall(verb: str, bridge: str, must: bool = True) -> None:
    """Put (-I) or take (-D) the rule that lets a bridge's own traffic pass."""
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
    done = subprocess.run(words, capture_output=True, text=True)
    if must and done.returncode:
        raise PluginError(done.stderr.strip())
