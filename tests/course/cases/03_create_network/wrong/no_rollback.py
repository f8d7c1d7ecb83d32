# cause: rolled_back
"""Stops in the middle, and leaves the bridge."""

import ipaddress


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    if not host.kernel.link_lookup(ifname=name):
        host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if pool.get("Gateway"):
            gateway = ipaddress.ip_interface(pool["Gateway"])
            host.kernel.addr("replace", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
    host.kernel.link("set", index=index, state="up")
    return {}
