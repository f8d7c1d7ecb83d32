# cause: repeated
# seen: File exists
"""The second call finds the name taken."""


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if pool.get("Gateway"):
            address, length = pool["Gateway"].split("/")
            host.kernel.addr("add", index=index, address=address, prefixlen=int(length))
    host.kernel.link("set", index=index, state="up")
    return {}
