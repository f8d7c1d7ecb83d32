# cause: ping
"""no bridge at all, but a link and a route for each container.

    container 10.90.1.2 ═══ wsh… on the host: gateway's address, proxy ARP, and a route to 10.90.1.2

Containers do not hear each other: all they send goes through the host, which routes it.
"""

import subprocess
from pathlib import Path

from workshop import PluginError
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
    """NetworkDriver.CreateNetwork: nothing is made; the plugin remembers the request."""
    pools = request.get("IPv4Data") or []
    if len(pools) != 1 or not pools[0].get("Gateway"):
        raise PluginError("this driver needs one IPv4 subnet with a gateway")
    return {}


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: nothing was made."""
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a pair, a route to its container, and leave to pass."""
    network, endpoint_id = host.network(request["NetworkID"]), request["EndpointID"]
    address = ip_of(request["Interface"].get("Address") or "")
    gateway = ip_of(network["IPv4Data"][0]["Gateway"])
    outside, inside = names(endpoint_id)
    if host.kernel.link_lookup(ifname=outside):
        return {"Interface": {}}  # Docker asks again
    host.kernel.link("add", ifname=outside, kind="veth", peer={"ifname": inside}, state="up")
    try:
        (index,) = host.kernel.link_lookup(ifname=outside)
        # The same gateway's address on every link: each container sees a gateway next door.
        host.kernel.addr("add", index=index, address=gateway, prefixlen=32)
        # The host answers for all other containers when this one asks who they are, and does not wait before it does.
        Path(f"/proc/sys/net/ipv4/neigh/{outside}/proxy_delay").write_text("0")
        host.kernel.route("replace", dst=f"{address}/32", oif=index)
        # Docker's firewall drops what nobody lets through.
        for rule in passes(outside):
            iptables("-I", *rule)
    except BaseException:
        delete_endpoint({"NetworkID": request["NetworkID"], "EndpointID": endpoint_id}, host)
        raise
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: which end goes into the container, and who is its gateway."""
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": names(request["EndpointID"])[1], "DstPrefix": "eth"},
        "Gateway": ip_of(network["IPv4Data"][0]["Gateway"]),
    }


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: Docker takes the link back by itself."""
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: rules and pair go; the route goes with the pair."""
    outside, _ = names(request["EndpointID"])
    for rule in passes(outside):
        while iptables("-C", *rule, must=False):
            iptables("-D", *rule)
    for index in host.kernel.link_lookup(ifname=outside):
        host.kernel.link("del", index=index)
    return {}


def names(endpoint_id: str) -> tuple[str, str]:
    """Both ends' names, made from the ID."""
    return f"wsh{endpoint_id[:10]}", f"wsc{endpoint_id[:10]}"


def ip_of(text: str) -> str:
    """An address without its mask."""
    return text.partition("/")[0]


def passes(link: str) -> list[list[str]]:
    """The rules by which Docker's firewall lets this link's packets through."""
    return [["DOCKER-USER", way, link, "-j", "ACCEPT"] for way in ("-i", "-o")]


def iptables(*words: str, must: bool = True) -> bool:
    """Run iptables; whether it went well. What it says against it becomes Err, if it must."""
    done = subprocess.run(["iptables", "-w", *words], capture_output=True, text=True)
    if must and done.returncode:
        raise PluginError(done.stderr.strip())
    return done.returncode == 0
