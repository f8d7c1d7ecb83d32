"""Exercise 13: containers that share the MAC address of their parent. An ipvlan on a link of the host's, l2 or l3."""

from workshop.course.host import Host
from workshop.protocol.types import CreateEndpointAnswer, CreateEndpointRequest, JoinAnswer, JoinRequest

GENERIC = "com.docker.network.generic"
MODES = {"l2": 0, "l3": 1}  # the kernel's numbers


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: before a container starts, and at ``docker network connect``."""
    network = host.network(request["NetworkID"])  # what Docker said in CreateNetwork
    options = (network.get("Options") or {}).get(GENERIC) or {}  # what its user gave with -o
    parent, mode = options.get("parent"), options.get("ipvlan_mode")

    # TODO: a link of kind ipvlan on the parent, in the mode that was chosen (l2, if none was).
    #   host.kernel.link("add", ifname=…, kind="ipvlan", link=<number of the parent>, ipvlan_mode=<number of the mode>)
    # TODO: what if Docker has chosen a MAC address? No such mode, no such parent? A parent with another mode?
    print(f"endpoint {request['EndpointID'][:12]} is to sit on {parent} in mode {mode}")  # shown beside the call
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: in l2 a gateway, as before; in l3 a default route by the link itself."""
    # TODO: the name of your link, and the way out that fits the mode
    return {"InterfaceName": {"SrcName": "", "DstPrefix": "eth"}}
