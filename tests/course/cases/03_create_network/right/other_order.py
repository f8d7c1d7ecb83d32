"""All is read first; up before the MAC address and the others; a socket of one's own; memory in a variable."""

import ipaddress

from pyroute2 import IPRoute

from workshop import PluginError

bridges = {}


def create_network(request, host):
    network = request["NetworkID"]
    try:
        gateways = [
            ipaddress.ip_interface(pool["Gateway"])
            for pool in [*request["IPv6Data"], *request["IPv4Data"]]
            if "Gateway" in pool
        ]
    except ValueError as error:
        raise PluginError(f"a gateway's address is not valid: {error}") from None
    if network in bridges:
        return {}
    with IPRoute() as kernel:
        name = f"n{len(bridges)}x{network[:8]}"
        kernel.link("add", ifname=name, kind="bridge", state="up")
        index = kernel.link_lookup(ifname=name)[0]
        bridges[network] = name
        kernel.link("set", index=index, address=f"02:00:00:{network[:2]}:{network[2:4]}:{network[4:6]}")
        for gateway in gateways:
            kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
    return {}
