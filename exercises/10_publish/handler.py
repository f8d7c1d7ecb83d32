"""Exercise 10: a container's port is to be reached from outside, through a port of the host."""

from workshop.course.host import Host
from workshop.protocol.types import Empty, EndpointRequest, ProgramExternalConnectivityRequest

PORTMAP = "com.docker.network.portmap"


def program_external_connectivity(request: ProgramExternalConnectivityRequest, host: Host) -> Empty:
    """NetworkDriver.ProgramExternalConnectivity: after Join, for the endpoint that is the container's way out."""
    endpoint = host.endpoint(request["EndpointID"])
    address = endpoint["Interface"]["Address"].partition("/")[0]  # the container's own
    for port in (request.get("Options") or {}).get(PORTMAP) or []:
        # TODO: what comes to this port of the host is to go to that port of the container.
        print(f"port {port['HostPort']} of the host, protocol {port['Proto']}, is to lead to {address}:{port['Port']}")
    return {}


def revoke_external_connectivity(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.RevokeExternalConnectivity: before Leave, or when another endpoint becomes the way out."""
    # TODO: take back what was done for this endpoint, and for no other.
    return {}
