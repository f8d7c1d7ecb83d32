"""Exercise 14: a driver of one's own, whole. Nothing is answered by the reference driver any more."""

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
    """NetworkDriver.CreateNetwork."""
    return {}  # TODO: does your kind of network need something before its first container?


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork."""
    return {}  # TODO


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint."""
    return {"Interface": {}}  # TODO: a link for the container, and the way to it


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join."""
    # TODO: the name of the link that goes into the container, and the gateway
    return {"InterfaceName": {"SrcName": "", "DstPrefix": "eth"}}


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave."""
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint."""
    return {}  # TODO
