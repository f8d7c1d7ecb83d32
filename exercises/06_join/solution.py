"""Exercise 6: a container starts. Tell Docker which link is for it, and how it gets out."""

from workshop.course.host import Host
from workshop.protocol.types import JoinAnswer, JoinRequest

INTERNAL = "com.docker.network.internal"


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the container's network namespace is there, and still empty."""
    network, endpoint_id = host.network(request["NetworkID"]), request["EndpointID"]
    host.endpoint(endpoint_id)  # an endpoint that nobody has created cannot join: this answers Err
    # CreateEndpoint has named both ends of its pair by the endpoint's ID. The wsh… end stays on the bridge.
    answer: JoinAnswer = {"InterfaceName": {"SrcName": f"wsc{endpoint_id[:10]}", "DstPrefix": "eth"}}
    if (network.get("Options") or {}).get(INTERNAL):
        return answer  # `docker network create --internal`: there is to be no way out
    for key, pools in (("Gateway", network.get("IPv4Data")), ("GatewayIPv6", network.get("IPv6Data"))):
        for pool in pools or []:
            if pool.get("Gateway"):
                # the address alone: Docker makes a default route of it, and a route's gateway has no mask
                answer.setdefault(key, pool["Gateway"].partition("/")[0])
    return answer
