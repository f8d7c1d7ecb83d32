# cause: interface
"""The key is called Interface in CreateEndpoint, not here: Docker passes over it."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "Interface": {"SrcName": "wsc" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
