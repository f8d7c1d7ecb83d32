# cause: macvlan
from workshop import PluginError

MODES = ["bridge", "private", "vepa", "passthru"]


def options_of(host, request):
    network = host.network(request["NetworkID"])
    return network["Options"].get("com.docker.network.generic") or {}


def create_endpoint(request, host):
    options = options_of(host, request)
    mode = options.get("macvlan_mode", "bridge")
    parent = options.get("parent")
    if mode not in MODES:
        raise PluginError(f"macvlan_mode {mode}: expected one of {MODES}")
    if not parent:
        raise PluginError("-o parent= is missing")
    found = host.kernel.link_lookup(ifname=parent)
    if not found:
        raise PluginError(f"parent {parent} does not exist")
    name = "macvlan0"
    if not host.kernel.link_lookup(ifname=name):
        try:
            host.kernel.link("add", ifname=name, kind="macvlan", link=found[0], macvlan_mode=mode)
        except Exception as error:
            raise PluginError(f"{parent} is in use, mode {mode}: {error}") from error
    return {"Interface": {}}


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "macvlan0", "DstPrefix": "eth"}}
    if not network["Options"].get("com.docker.network.internal"):
        answer["Gateway"] = network["IPv4Data"][0]["Gateway"].split("/")[0]
        for pool in network["IPv6Data"]:
            answer["GatewayIPv6"] = pool["Gateway"].split("/")[0]
    return answer
