# cause: answers
# seen: KeyError: 'Gateway'
"""Counts on a key that may be missing."""


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"}}
    if not network["Options"].get("com.docker.network.internal"):
        for key, field in (("IPv4Data", "Gateway"), ("IPv6Data", "GatewayIPv6")):
            for pool in network[key]:
                answer[field] = pool["Gateway"].split("/")[0]
    return answer
