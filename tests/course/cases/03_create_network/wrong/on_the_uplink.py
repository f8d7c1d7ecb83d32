# cause: address
"""The gateway's address on eth0, since that is the host's link."""


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01", state="up")
    uplink = host.kernel.link_lookup(ifname="eth0")[0]
    for pool in request["IPv4Data"]:
        address, length = pool["Gateway"].split("/")
        host.kernel.addr("add", index=uplink, address=address, prefixlen=int(length))
    return {}
