# cause: address
"""Looks for the container's address among the host's: there is the gateway's, on the bridge."""


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    link = host.kernel.link("get", ifname="wsh" + request["EndpointID"][:10])[0]
    counters = link.get("stats64")
    value = {
        "link": link.get("ifname"),
        "mac": endpoint["Interface"]["MacAddress"],
        "addresses": [str(each.get("address")) for each in host.kernel.get_addr(index=link.get("master"))],
        "rx": counters["rx_packets"],
        "tx": counters["tx_packets"],
    }
    return {"Value": value}
