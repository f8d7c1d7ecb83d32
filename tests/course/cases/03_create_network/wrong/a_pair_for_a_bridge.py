# cause: bridge
# seen: (veth, up
"""A veth pair, because that is how containers are connected."""


def create_network(request, host):
    short = request["NetworkID"][:10]
    host.kernel.link("add", ifname="va" + short, kind="veth", peer={"ifname": "vb" + short})
    index = host.kernel.link_lookup(ifname="va" + short)[0]
    for pool in request["IPv4Data"]:
        address, length = pool["Gateway"].split("/")
        host.kernel.addr("add", index=index, address=address, prefixlen=int(length))
    host.kernel.link("set", index=index, state="up")
    return {}
