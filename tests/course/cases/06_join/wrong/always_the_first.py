# cause: gateway
# seen: default via 10.90.2.1 dev
"""The first address of the pool, whatever the user chose."""

import ipaddress


def join(request, host):
    network = host.network(request["NetworkID"])
    pool = ipaddress.ip_network(network["IPv4Data"][0]["Pool"])
    return {
        "InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "Gateway": str(next(pool.hosts())),
    }
