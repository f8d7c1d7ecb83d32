# cause: right_end
"""eth0 is what it is to be called, so eth0 it is: the host's own."""


def join(request, host):
    network = host.network(request["NetworkID"])
    return {
        "InterfaceName": {"SrcName": "eth0", "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
