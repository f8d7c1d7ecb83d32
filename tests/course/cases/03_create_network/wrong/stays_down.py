# cause: up
# seen: state down
"""A bridge with its address, but nobody sets it up."""

import ipaddress


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        gateway = ipaddress.ip_interface(pool["Gateway"])
        host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
    return {}
