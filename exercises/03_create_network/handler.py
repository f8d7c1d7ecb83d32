"""Exercise 3: Docker has a new network. Make a bridge for it, with the gateway's address, and set it up."""

from workshop.course.host import Host
from workshop.protocol.types import CreateNetworkRequest, Empty


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: what ``docker network create`` asks for."""
    network_id = request["NetworkID"]  # 64 hex digits; no two networks have the same
    pools = [*(request.get("IPv4Data") or []), *(request.get("IPv6Data") or [])]
    gateways = [pool.get("Gateway") for pool in pools]  # such as "10.90.1.1/24"

    # TODO: make a bridge in the kernel. host.kernel is a pyroute2 IPRoute in the host's network:
    #   host.kernel.link("add", ifname=…, kind="bridge")
    # Or run the program ip: subprocess.run(["ip", "link", "add", …], check=True)
    print(f"network {network_id[:12]} wants {gateways}")  # shown beside the call
    return {}
