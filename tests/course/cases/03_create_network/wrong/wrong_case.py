# cause: address
"""Keys as Python would have them: there is no `gateway`, so there is never one."""


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01", state="up")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"]:
        if gateway := pool.get("gateway"):
            address, length = gateway.split("/")
            host.kernel.addr("add", index=index, address=address, prefixlen=int(length))
    return {}
