"""Exercise 7: a container goes. Let Docker have its link back, and then remove the pair."""

from workshop.course.host import Host
from workshop.protocol.types import Empty, EndpointRequest


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: the container lets go of the endpoint. Its link comes back to the host after this."""
    # Nothing: Docker still has the link in its hands. It renames it, and returns it when this is answered.
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: the endpoint is not needed any more."""
    # The end on the bridge never moved, so it still has its first name. Its peer goes with it, wherever it is.
    for index in host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
