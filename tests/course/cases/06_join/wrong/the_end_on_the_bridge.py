# cause: right_end
"""The host's end, since that is the one that is connected."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": "wsh" + request["EndpointID"][:10], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
