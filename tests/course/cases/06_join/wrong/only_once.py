# cause: again
"""A second Join for the same endpoint can only be a mistake."""

from workshop import PluginError

joined = set()


def join(request, host):
    if request["EndpointID"] in joined:
        raise PluginError("this endpoint has joined already")
    joined.add(request["EndpointID"])
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"}}
    if not network["Options"].get("com.docker.network.internal"):
        for key, field in (("IPv4Data", "Gateway"), ("IPv6Data", "GatewayIPv6")):
            for pool in network[key]:
                if "Gateway" in pool:
                    answer[field] = pool["Gateway"].split("/")[0]
    return answer
