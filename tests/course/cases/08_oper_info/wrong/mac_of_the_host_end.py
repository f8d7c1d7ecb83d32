# cause: mac
"""Reads the MAC address of the link it finds, which is the host's end: each end has its own."""


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    link = host.kernel.link("get", ifname="wsh" + request["EndpointID"][:10])[0]
    counters = link.get("stats64")
    value = {
        "link": link.get("ifname"),
        "mac": link.get("address"),
        "address": endpoint["Interface"]["Address"],
        "address6": endpoint["Interface"]["AddressIPv6"],
        "rx": counters["rx_packets"],
        "tx": counters["tx_packets"],
    }
    return {"Value": value}
