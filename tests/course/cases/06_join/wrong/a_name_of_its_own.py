# cause: interface
# seen: "veth-
"""A link that nobody has made."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": "veth-" + request["EndpointID"][:7], "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
