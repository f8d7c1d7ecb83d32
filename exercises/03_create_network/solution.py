"""Exercise 3: Docker has a new network. Make a bridge for it, with the gateway's address, and set it up."""

import hashlib
import ipaddress

from workshop.course.host import Host
from workshop.protocol.types import CreateNetworkRequest, Empty


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: what ``docker network create`` asks for."""
    network_id, kernel = request["NetworkID"], host.kernel
    # A link's name has at most 15 characters. One made from the ID is different for every network, and needs no memory.
    name = f"br-{network_id[:12]}"
    pools = [*(request.get("IPv4Data") or []), *(request.get("IPv6Data") or [])]
    # Without `Gateway`, nobody on the host is to have an address of that subnet.
    gateways = [ipaddress.ip_interface(pool["Gateway"]) for pool in pools if pool.get("Gateway")]

    found = kernel.link_lookup(ifname=name)
    if not found:  # it is there when Docker asks again, because it did not get our first answer
        kernel.link("add", ifname=name, kind="bridge", address=mac_of(network_id))
    (index,) = kernel.link_lookup(ifname=name)
    try:
        for gateway in gateways:
            # 0x02 is IFA_F_NODAD: an IPv6 address can be used at once. "replace" is content if it is there.
            flags = {"flags": 0x02} if gateway.version == 6 else {}
            kernel.addr("replace", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen, **flags)
        kernel.link("set", index=index, state="up")
    except Exception:
        if not found:  # Docker will not ask for the removal of what it was told could not be made
            kernel.link("del", index=index)
        raise
    return {}


def mac_of(network_id: str) -> str:
    """A MAC address of the bridge's own. Without one it takes a port's, and changes it when that container leaves."""
    digest = hashlib.sha256(network_id.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))  # 02: made by us, and for one receiver
