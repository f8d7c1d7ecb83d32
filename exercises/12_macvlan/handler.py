"""Exercise 12: containers on the network outside. A macvlan on a link of the host's, in one of four modes."""

from workshop.course.host import Host
from workshop.protocol.types import CreateEndpointAnswer, CreateEndpointRequest, JoinAnswer, JoinRequest

GENERIC = "com.docker.network.generic"


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: before a container starts, and at ``docker network connect``."""
    network = host.network(request["NetworkID"])  # what Docker said in CreateNetwork
    options = (network.get("Options") or {}).get(GENERIC) or {}  # what its user gave with -o
    parent, mode = options.get("parent"), options.get("macvlan_mode")

    # TODO: a link of kind macvlan on the parent, in the mode that was chosen (bridge, if none was).
    #   host.kernel.link("add", ifname=…, kind="macvlan", link=<number of the parent>, macvlan_mode=…)
    # TODO: what if there is no such mode, no such parent, or none was named?
    print(f"endpoint {request['EndpointID'][:12]} is to sit on {parent} in mode {mode}")  # shown beside the call
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: as in exercise 6, but the link is your own."""
    # TODO: the name of your link, and the network's gateway
    return {"InterfaceName": {"SrcName": "", "DstPrefix": "eth"}}
