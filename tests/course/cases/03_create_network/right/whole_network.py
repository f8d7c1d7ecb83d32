"""More than was asked for: its own delete_network, a pair of links on the bridge so that it always has a carrier."""

import ipaddress


def create_network(request, host):
    kernel, short = host.kernel, request["NetworkID"][:9]
    name = f"net{short}"
    if kernel.link_lookup(ifname=name):
        return {}
    try:
        kernel.link("add", ifname=name, kind="bridge", address="02:42:00:00:00:01")
        index = kernel.link_lookup(ifname=name)[0]
        kernel.link("add", ifname=f"on{short}", kind="veth", master=index, state="up", peer={"ifname": f"off{short}"})
        kernel.link("set", index=kernel.link_lookup(ifname=f"off{short}")[0], state="up")
        for pool in [*(request.get("IPv4Data") or ()), *(request.get("IPv6Data") or ())]:
            if pool.get("Gateway"):
                gateway = ipaddress.ip_interface(pool["Gateway"])
                kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        kernel.link("set", index=index, state="up")
    except Exception:
        remove(kernel, short)
        raise
    return {}


def delete_network(request, host):
    remove(host.kernel, request["NetworkID"][:9])
    return {}


def remove(kernel, short):
    for name in (f"on{short}", f"net{short}"):
        for index in kernel.link_lookup(ifname=name):
            kernel.link("del", index=index)
