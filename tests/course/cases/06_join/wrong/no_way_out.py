# cause: gateway
"""The interface is enough for the neighbours."""


def join(request, host):
    return {
        "InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "DisableGatewayService": True,
    }
