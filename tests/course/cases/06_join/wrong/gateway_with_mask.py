# cause: gateway
# seen: 10.90.1.1/24
"""The gateway as CreateNetwork has it."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"],
    }
