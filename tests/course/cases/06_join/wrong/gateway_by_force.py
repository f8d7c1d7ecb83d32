# cause: no_gateway
# seen: 10.90.4.1
"""Where there is none, the first address will do."""

import ipaddress


def join(request, host):
    network = host.network(request["NetworkID"])
    answer = {"InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"}}
    if network["Options"].get("com.docker.network.internal"):
        return answer
    for key, field in (("IPv4Data", "Gateway"), ("IPv6Data", "GatewayIPv6")):
        for pool in network[key]:
            first = str(next(ipaddress.ip_network(pool["Pool"]).hosts()))
            answer[field] = pool.get("Gateway", first).split("/")[0]
    return answer
