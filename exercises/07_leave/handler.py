"""Exercise 7: a container goes. Let Docker have its link back, and then remove the pair."""

from workshop.course.host import Host
from workshop.protocol.types import Empty, EndpointRequest


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: the container lets go of the endpoint. Its link comes back to the host after this."""
    print(f"endpoint {request['EndpointID'][:12]} leaves")  # shown beside the call
    return {}  # TODO: is there anything to do here?


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: the endpoint is not needed any more."""
    endpoint_id = request["EndpointID"]
    # TODO: remove the pair. The reference driver calls its end on the bridge "wsh" and the first ten digits of the ID.
    print(f"endpoint {endpoint_id[:12]} is to go")
    return {}
