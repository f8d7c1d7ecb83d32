# cause: gateway
# seen: 10.90.1.1
"""The gateway of the example."""


def join(request, host):
    return {
        "InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "Gateway": "10.90.1.1",
    }
