"""Exercise 4: Docker has removed a network. Remove its bridge, and nothing else."""

from workshop.course.host import Host
from workshop.protocol.types import Empty, NetworkRequest


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: what ``docker network rm`` asks for."""
    network_id = request["NetworkID"]  # the ID is all that Docker says

    # TODO: find the bridge of this network and remove it. The reference driver, which made it, calls it
    # "wsb" and the first ten digits of the ID. Which links there are: host.kernel.link_lookup(ifname=…)
    print(f"network {network_id[:12]} is to go")  # shown beside the call
    return {}
