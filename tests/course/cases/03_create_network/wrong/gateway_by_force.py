# cause: no_gateway
# seen: 10.90.4.1/24
"""Where Docker names no gateway, it takes the first address."""

import ipaddress


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    if not host.kernel.link_lookup(ifname=name):
        host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        subnet = ipaddress.ip_network(pool["Pool"])
        gateway = pool.get("Gateway") or f"{next(subnet.hosts())}/{subnet.prefixlen}"
        found = ipaddress.ip_interface(gateway)
        host.kernel.addr("replace", index=index, address=str(found.ip), prefixlen=found.network.prefixlen)
    host.kernel.link("set", index=index, state="up")
    return {}
