"""Exercise 13: containers that share the MAC address of their parent. An ipvlan on a link of the host's, l2 or l3."""

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
MODES = {"l2": 0, "l3": 1}  # the kernel's numbers


def create_endpoint(request: CreateEndpointRequest, host: Host) -> CreateEndpointAnswer:
    """NetworkDriver.CreateEndpoint: one link, which sits on the parent until Docker moves it into the container."""
    parent, mode = wishes(host.network(request["NetworkID"]))
    mac = (request.get("Interface") or {}).get("MacAddress")
    if mac:
        raise PluginError(f"no MAC address can be chosen: with ipvlan, all have that of {parent} (asked for: {mac})")
    name = name_of(request["EndpointID"])
    if not host.kernel.link_lookup(ifname=name):  # it is there when Docker asks again
        below = host.kernel.link_lookup(ifname=parent)
        if not below:
            raise PluginError(f"there is no link {parent} on this host; `-o parent=` takes one that `ip link` shows")
        refuse_other_modes(host, parent, mode)
        try:
            host.kernel.link("add", ifname=name, kind="ipvlan", link=below[0], ipvlan_mode=MODES[mode])
        except NetlinkError as error:
            raise PluginError(f"{parent} takes no ipvlan in mode {mode}: {error}") from None
    return {"Interface": {}}  # nor is one answered: Docker could not set it


def join(request: JoinRequest, host: Host) -> JoinAnswer:
    """NetworkDriver.Join: the link's name, and the way out that fits the mode."""
    network, endpoint_id = host.network(request["NetworkID"]), request["EndpointID"]
    host.endpoint(endpoint_id)  # an endpoint that nobody has created cannot join: this answers Err
    answer: JoinAnswer = {"InterfaceName": {"SrcName": name_of(endpoint_id), "DstPrefix": "eth"}}
    if (network.get("Options") or {}).get(INTERNAL):
        return answer
    pools, pools6 = network.get("IPv4Data") or [], network.get("IPv6Data") or []
    if wishes(network)[1] == "l3":
        # The kernel routes what leaves the link: there is no gateway that could be asked for by ARP.
        ways = [*(["0.0.0.0/0"] if pools else []), *(["::/0"] if pools6 else [])]
        answer["StaticRoutes"] = [{"Destination": way, "RouteType": 1} for way in ways]
        return answer
    for key, data in (("Gateway", pools), ("GatewayIPv6", pools6)):
        for pool in data:
            if pool.get("Gateway"):
                answer.setdefault(key, pool["Gateway"].partition("/")[0])
    return answer


def wishes(network: CreateNetworkRequest) -> tuple[str, str]:
    """The parent and the mode that the network's user chose with ``-o``."""
    options = (network.get("Options") or {}).get(GENERIC) or {}
    mode = options.get("ipvlan_mode") or "l2"
    if mode not in MODES:
        raise PluginError(f"there is no ipvlan_mode {mode!r}; choose one of {', '.join(MODES)}")
    if not options.get("parent"):
        raise PluginError("on which link of the host? Create the network with `-o parent=…`")
    return options["parent"], mode


def refuse_other_modes(host: Host, parent: str, mode: str) -> None:
    """The kernel has one mode for all ipvlans of a parent: a new one would change that of the others."""
    for endpoint in host.endpoints.values():
        network = host.networks.get(endpoint["NetworkID"])
        if network and wishes(network)[0] == parent and wishes(network)[1] != mode:
            raise PluginError(f"{parent} has containers in mode {wishes(network)[1]}, and cannot have mode {mode} too")


def name_of(endpoint_id: str) -> str:
    """The link's name on the host, made from the endpoint's ID."""
    return f"wsc{endpoint_id[:10]}"
