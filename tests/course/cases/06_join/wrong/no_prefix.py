# cause: name
# seen: 0
"""Only what the link is called now."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": "wsc" + request["EndpointID"][:10]},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
