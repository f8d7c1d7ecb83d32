# cause: own_bridge
"""A name that does not depend on the network: the second one finds the bridge of the first."""


def create_network(request, host):
    if not host.kernel.link_lookup(ifname="cafe0"):
        host.kernel.link("add", ifname="cafe0", kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname="cafe0")[0]
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if pool.get("Gateway"):
            address, length = pool["Gateway"].split("/")
            host.kernel.addr("replace", index=index, address=address, prefixlen=int(length))
    host.kernel.link("set", index=index, state="up")
    return {}
