# cause: gone
"""Keeps what it once knew of an endpoint, and tells it when the endpoint is gone."""

KNOWN = {}


def endpoint_oper_info(request, host):
    key = request["EndpointID"]
    if key in host.endpoints:
        name = "wsh" + key[:10]
        counters = host.kernel.link("get", ifname=name)[0].get("stats64")
        KNOWN[key] = {"link": name, **host.endpoints[key]["Interface"]}
        KNOWN[key] |= {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}
    return {"Value": KNOWN[key]} if key in KNOWN else {"Err": "never heard of it"}
