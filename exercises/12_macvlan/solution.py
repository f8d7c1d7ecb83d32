"""Exercise 12: containers on the network outside. A macvlan on a link of the host's, in one of four modes."""

from pyroute2.netlink.exceptions import NetlinkError

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import (
    CreateEndpointAnswer,
    CreateEndpointRequest,
    CreateNetworkRequest,
    JoinAnswer,
    JoinRequest,
)

GENERIC = "com.docker.network.generic"
INTERNAL = "com.docker.network.internal"
MODES = ("bridge", "private", "vepa", "passthru")


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: one link, which sits on the parent until Docker moves it into the container."""
    parent, mode = wishes(host.network(request["NetworkID"]))
    name = name_of(request["EndpointID"])
    if not host.kernel.link_lookup(ifname=name):  # it is there when Docker asks again
        below = host.kernel.link_lookup(ifname=parent)
        if not below:
            raise PluginError(f"there is no link {parent} on this host; `-o parent=` takes one that `ip link` shows")
        try:
            host.kernel.link("add", ifname=name, kind="macvlan", link=below[0], macvlan_mode=mode)
        except NetlinkError as error:
            # Nearly always: with passthru, somebody has the parent alone, or wants to.
            raise PluginError(f"{parent} takes no macvlan in mode {mode} now, is another on it? ({error})") from None
    # The kernel has given it a MAC address. If Docker has chosen one, Docker sets it.
    return {"Interface": {}}


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the link's name, and the gateway, which is a machine of the network outside."""
    network, endpoint_id = host.network(request["NetworkID"]), request["EndpointID"]
    host.endpoint(endpoint_id)  # an endpoint that nobody has created cannot join: this answers Err
    answer: JoinAnswer = {"InterfaceName": {"SrcName": name_of(endpoint_id), "DstPrefix": "eth"}}
    if (network.get("Options") or {}).get(INTERNAL):
        return answer
    for key, pools in (("Gateway", network.get("IPv4Data")), ("GatewayIPv6", network.get("IPv6Data"))):
        for pool in pools or []:
            if pool.get("Gateway"):
                answer.setdefault(key, pool["Gateway"].partition("/")[0])
    return answer


def wishes(network: CreateNetworkRequest) -> tuple[str, str]:
    """The parent and the mode that the network's user chose with ``-o``."""
    options = (network.get("Options") or {}).get(GENERIC) or {}
    mode = options.get("macvlan_mode") or "bridge"
    if mode not in MODES:
        raise PluginError(f"there is no macvlan_mode {mode!r}; choose one of {', '.join(MODES)}")
    if not options.get("parent"):
        raise PluginError("on which link of the host? Create the network with `-o parent=…`")
    return options["parent"], mode


def name_of(endpoint_id: str) -> str:
    """The link's name on the host, made from the endpoint's ID."""
    return f"wsc{endpoint_id[:10]}"
