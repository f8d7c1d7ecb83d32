# cause: mask
# seen: 10.90.2.30/24
"""All subnets are /24, are they not?"""


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    host.kernel.link("add", ifname=name, kind="bridge", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"]:
        host.kernel.addr("add", index=index, address=pool["Gateway"].split("/")[0], prefixlen=24)
    host.kernel.link("set", index=index, state="up")
    return {}
