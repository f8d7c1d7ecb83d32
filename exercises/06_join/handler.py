"""Exercise 6: a container starts. Tell Docker which link is for it, and how it gets out."""

from workshop.course.host import Host
from workshop.protocol.types import JoinAnswer, JoinRequest


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the container's network namespace is there, and still empty."""
    network = host.network(request["NetworkID"])  # what Docker said in CreateNetwork
    endpoint_id = request["EndpointID"]  # the reference driver's CreateEndpoint has made its pair of links
    pools = [*(network.get("IPv4Data") or []), *(network.get("IPv6Data") or [])]

    # TODO: the link's name on the host (SrcName), the beginning of its name in the container (DstPrefix),
    # and the gateways. Docker does the moving.
    print(f"endpoint {endpoint_id[:12]} joins a network with {[pool['Pool'] for pool in pools]}")
    return {"InterfaceName": {"SrcName": "", "DstPrefix": "eth"}}
