"""Exercise 4: Docker has removed a network. Remove its bridge, and nothing else."""

from workshop.course.host import Host
from workshop.protocol.types import Empty, NetworkRequest


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: what ``docker network rm`` asks for."""
    # The name comes from the ID. So nothing needs to be remembered, and a restart of the plugin does no harm.
    name = f"wsb{request['NetworkID'][:10]}"
    # No bridge is no mistake: Docker may ask twice, and after a crash there may be nothing to remove.
    for index in host.kernel.link_lookup(ifname=name):
        host.kernel.link("del", index=index)  # its addresses and routes go with it
    return {}
