"""Exercise 8: Docker asks how an endpoint is doing. Tell what somebody needs to know who looks for a fault."""

from typing import Any

from workshop.course.host import Host
from workshop.protocol.types import EndpointRequest, OperInfoAnswer


def endpoint_oper_info(request: EndpointRequest, host: Host) -> OperInfoAnswer:
    """NetworkDriver.EndpointOperInfo: asked after Join, and whenever Docker wants to show the endpoint."""
    endpoint = host.endpoint(request["EndpointID"])  # what the plugin remembers; Err if it knows of none
    print(f"asked about {request['EndpointID'][:12]}, of which is remembered: {', '.join(endpoint)}")

    value: dict[str, Any] = {}
    # TODO: the link on the host, the MAC address, the addresses, and what has gone through the link by now.
    return {"Value": value}
