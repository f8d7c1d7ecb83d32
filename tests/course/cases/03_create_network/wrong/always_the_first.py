# cause: mask
# seen: 10.90.2.17/28
"""The gateway is the first address of the pool: it was, in the example."""

import ipaddress


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        subnet = ipaddress.ip_network(pool["Pool"])
        host.kernel.addr("add", index=index, address=str(next(subnet.hosts())), prefixlen=subnet.prefixlen)
    host.kernel.link("set", index=index, state="up")
    return {}
