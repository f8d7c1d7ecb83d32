"""Exercise 5: a container is to be attached. Make a veth pair, and plug one end into the network's bridge."""

import hashlib

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import CreateEndpointAnswer, CreateEndpointRequest


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: before a container starts, and at ``docker network connect``."""
    network_id, endpoint_id, kernel = request["NetworkID"], request["EndpointID"], host.kernel
    asked = request.get("Interface") or {}
    bridge = kernel.link_lookup(ifname=f"wsb{network_id[:10]}")
    if not bridge:
        raise PluginError(f"there is no network {network_id[:12]} on this host")
    # Names that can be made again from the ID: whoever deletes the endpoint needs no memory.
    outside, inside = f"wsh{endpoint_id[:10]}", f"wsc{endpoint_id[:10]}"
    mac = asked.get("MacAddress") or mac_of(endpoint_id)
    if not kernel.link_lookup(ifname=outside):  # it is there when Docker asks again
        # One request makes both ends, plugs the outer one in and sets it up: all of it, or nothing.
        peer = {"ifname": inside, "address": mac}
        kernel.link("add", ifname=outside, kind="veth", master=bridge[0], state="up", peer=peer)
    # An echo of what Docker has chosen would count as a change, and Docker would undo everything.
    return {"Interface": {} if asked.get("MacAddress") else {"MacAddress": mac}}


def mac_of(endpoint_id: str) -> str:
    """A MAC address that is always the same for this endpoint, so that a repeated call is answered alike."""
    digest = hashlib.sha256(endpoint_id.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))  # 02: made by us, and for one receiver
