# cause: interface
# seen: "wsc
"""Moves the link into the container by itself, and then tells Docker to."""

import os


def join(request, host):
    network = host.network(request["NetworkID"])
    name = "wsc" + request["EndpointID"][:10]
    sandbox = os.open(request["SandboxKey"], os.O_RDONLY)
    host.kernel.link("set", index=host.kernel.link_lookup(ifname=name)[0], net_ns_fd=sandbox)
    os.close(sandbox)
    return {
        "InterfaceName": {"SrcName": name, "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }
