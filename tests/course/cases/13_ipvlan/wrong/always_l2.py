# cause: mode
# seen: l2
from workshop import PluginError

MODES = {"l2": 0, "l3": 1}


def options_of(network):
    return network["Options"].get("com.docker.network.generic") or {}


def create_endpoint(request, host):
    options = options_of(host.network(request["NetworkID"]))
    mode = options.get("ipvlan_mode", "l2")
    parent = options.get("parent")
    if request["Interface"]["MacAddress"]:
        raise PluginError("an ipvlan has the MAC address of its parent, none can be chosen")
    if mode not in MODES:
        raise PluginError(f"ipvlan_mode {mode}: expected l2 or l3")
    if not parent:
        raise PluginError("-o parent= is missing")
    found = host.kernel.link_lookup(ifname=parent)
    if not found:
        raise PluginError(f"parent {parent} does not exist")
    for endpoint in host.endpoints.values():
        other = options_of(host.networks[endpoint["NetworkID"]])
        if other["parent"] == parent and other.get("ipvlan_mode", "l2") != mode:
            raise PluginError(f"{parent} is in another mode than {mode}")
    name = "iv" + request["EndpointID"][:10]
    if not host.kernel.link_lookup(ifname=name):
        host.kernel.link("add", ifname=name, kind="ipvlan", link=found[0], ipvlan_mode=0)
    return {"Interface": {}}


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "iv" + request["EndpointID"][:10], "DstPrefix": "eth"}}
    if network["Options"].get("com.docker.network.internal"):
        return answer
    if options_of(network).get("ipvlan_mode") == "l3":
        answer["StaticRoutes"] = [{"Destination": "0.0.0.0/0", "RouteType": 1}]
        if network["IPv6Data"]:
            answer["StaticRoutes"].append({"Destination": "::/0", "RouteType": 1})
    else:
        answer["Gateway"] = network["IPv4Data"][0]["Gateway"].split("/")[0]
        for pool in network["IPv6Data"]:
            answer["GatewayIPv6"] = pool["Gateway"].split("/")[0]
    return answer
