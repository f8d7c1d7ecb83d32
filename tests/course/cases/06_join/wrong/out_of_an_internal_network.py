# cause: internal
# seen: 10.90.3.1
"""A gateway for every network that has one."""


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"}}
    for key, field in (("IPv4Data", "Gateway"), ("IPv6Data", "GatewayIPv6")):
        for pool in network[key]:
            if "Gateway" in pool:
                answer[field] = pool["Gateway"].split("/")[0]
    return answer
