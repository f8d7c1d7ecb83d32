"""Exercise 11: a network that reaches across hosts. On each host a bridge, and between the bridges a VXLAN tunnel."""

from workshop.course.host import Host
from workshop.protocol.types import (
    CreateEndpointAnswer,
    CreateEndpointRequest,
    CreateNetworkRequest,
    DiscoveryRequest,
    Empty,
)

GENERIC = "com.docker.network.generic"
MTU = 1500 - 50  # what the hosts' own network carries, less what VXLAN puts in front of every frame


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: called on each host by itself. The NetworkID is another on each."""
    options = (request.get("Options") or {}).get(GENERIC) or {}
    vni = options.get("vni")  # what `-o vni=42` says, as text; the same on every host

    # TODO: a bridge with the gateway's address, up (exercise 3), and on it a link of kind vxlan with this VNI.
    #   host.kernel.link("add", ifname=…, kind="vxlan", vxlan_id=…, vxlan_port=4789)
    # TODO: hosts that were told before (discover_new) are this tunnel's peers, too.
    print(f"network {request['NetworkID'][:12]} has the VNI {vni}")  # shown beside the call
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: before a container starts, and at ``docker network connect``."""
    # TODO: a veth pair with one end on your bridge, up (exercise 5). Mind the MTU: of both ends.
    return {"Interface": {}}


def discover_new(request: DiscoveryRequest, host: Host) -> Empty:
    """NetworkDriver.DiscoverNew: a host has joined the cluster, perhaps this one itself."""
    node = request.get("DiscoveryData") or {}

    # TODO: what goes to everybody is to be sent to this host as well, by every tunnel there is, and will be.
    #   host.kernel.fdb("append", ifindex=…, lladdr="00:00:00:00:00:00", dst=…)
    print(f"there is a host {node.get('Address')}; it is {'me' if node.get('Self') else 'another'}")
    return {}
