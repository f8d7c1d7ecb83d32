"""Bug 4, mended: answers from outside are let in.

What containers sent was passed on, and the router answered. But what comes back leaves the host by the bridge (`-o`),
and no rule was about that: it met the end of FORWARD, where Docker drops. Only answers are let in, nobody who begins.
"""

import hashlib
import ipaddress
import subprocess

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

Rule = tuple[str, ...]


def rules(bridge: str, subnet: str) -> list[Rule]:
    """What the firewall has to know of a network: the table, the chain, the rule."""
    return [
        # what containers send may go wherever it likes
        ("filter", "DOCKER-USER", "-i", bridge, "-j", "ACCEPT"),
        # what is an answer to that may come back
        ("filter", "DOCKER-USER", "-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"),
        # outside, it carries the host's address: nobody there knows ours
        ("nat", "POSTROUTING", "-s", subnet, "!", "-o", bridge, "-j", "MASQUERADE"),
    ]


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    """NetworkDriver.CreateNetwork: a bridge that leads outside."""
    bridge = name("b", request["NetworkID"])
    if host.kernel.link_lookup(ifname=bridge):
        return {}
    gateway, subnet = addresses(request)
    host.kernel.link("add", ifname=bridge, kind="bridge", address=mac_of(bridge), state="up")
    try:
        (index,) = host.kernel.link_lookup(ifname=bridge)
        host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        for rule in rules(bridge, subnet):
            iptables("-I", rule)
    except BaseException:
        remove(host, bridge, subnet)
        raise
    return {}


def delete_network(request: NetworkRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteNetwork: the bridge goes, and its rules."""
    network = host.networks.get(request["NetworkID"])
    if network is not None:
        remove(host, name("b", request["NetworkID"]), addresses(network)[1])
    return {}


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: a pair of links, plugged into the bridge."""
    bridge = host.kernel.link_lookup(ifname=name("b", request["NetworkID"]))
    if not bridge:
        raise PluginError("the network's bridge is gone: remove the network, and create it again")
    outside, inside = name("o", request["EndpointID"]), name("i", request["EndpointID"])
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer={"ifname": inside}, master=bridge[0], state="up")
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the inner link, and the bridge as the way out."""
    gateway, _ = addresses(host.network(request["NetworkID"]))
    return {
        "InterfaceName": {"SrcName": name("i", request["EndpointID"]), "DstPrefix": "eth"},
        "Gateway": str(gateway.ip),
    }


def leave(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.Leave: Docker takes the link out of the container."""
    return {}


def delete_endpoint(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.DeleteEndpoint: the pair goes."""
    for index in host.kernel.link_lookup(ifname=name("o", request["EndpointID"])):
        host.kernel.link("del", index=index)
    return {}


def remove(host: Host, bridge: str, subnet: str) -> None:
    """Take back all of a network, or what there is of it."""
    for rule in rules(bridge, subnet):
        iptables("-D", rule, must=False)
    for index in host.kernel.link_lookup(ifname=bridge):
        host.kernel.link("del", index=index)


def addresses(network: CreateNetworkRequest) -> tuple[ipaddress.IPv4Interface, str]:
    """The gateway's address with its mask, and the whole subnet."""
    (pool,) = network["IPv4Data"]
    return ipaddress.IPv4Interface(pool["Gateway"]), str(ipaddress.ip_network(pool["Pool"]))


def name(kind: str, key: str) -> str:
    return f"{kind}-{key[:12]}"


def mac_of(bridge: str) -> str:
    digest = hashlib.sha256(bridge.encode()).hexdigest()
    return ":".join(["02", *(digest[place : place + 2] for place in range(0, 10, 2))])


def iptables(verb: str, rule: Rule, must: bool = True) -> None:
    """Put a rule in front of its chain (-I), or take it out (-D)."""
    table, *words = rule
    done = subprocess.run(["iptables", "-w", "-t", table, verb, *words], capture_output=True, text=True)
    if must and done.returncode:
        raise PluginError(done.stderr.strip())
