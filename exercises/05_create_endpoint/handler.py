"""Exercise 5: a container is to be attached. Make a veth pair, and plug one end into the network's bridge."""

from workshop.course.host import Host
from workshop.protocol.types import CreateEndpointAnswer, CreateEndpointRequest


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: before a container starts, and at ``docker network connect``."""
    network_id, endpoint_id = request["NetworkID"], request["EndpointID"]
    asked = request.get("Interface") or {}  # what Docker has chosen: Address, AddressIPv6, MacAddress
    bridge = f"wsb{network_id[:10]}"  # the reference driver's name for the network's bridge

    # TODO: make a pair, put one end on the bridge, and set that end up.
    #   host.kernel.link("add", ifname=…, kind="veth", peer=…)
    # TODO: answer a MAC address if Docker has chosen none, and nothing that Docker has chosen.
    print(f"endpoint {endpoint_id[:12]} wants {asked} on {bridge}")  # shown beside the call
    return {"Interface": {}}
