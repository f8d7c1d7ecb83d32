# cause: gateway6
# seen: no default route
"""There is only one gateway in the answer."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
