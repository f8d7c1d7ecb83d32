# cause: steady
"""Everything is right, but the bridge has no MAC address of its own."""

import ipaddress


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    there = host.kernel.link_lookup(ifname=name)
    if not there:
        host.kernel.link("add", ifname=name, kind="bridge")
    index = host.kernel.link_lookup(ifname=name)[0]
    try:
        for pool in request["IPv4Data"] + request["IPv6Data"]:
            if pool.get("Gateway"):
                gateway = ipaddress.ip_interface(pool["Gateway"])
                host.kernel.addr("replace", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        host.kernel.link("set", index=index, state="up")
    except Exception:
        if not there:
            host.kernel.link("del", index=index)
        raise
    return {}
