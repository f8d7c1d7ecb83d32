# cause: value
# seen: "host_link"
"""Knows all of it, and tells it beside Value, where Docker does not read."""


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    name = "wsh" + request["EndpointID"][:10]
    counters = host.kernel.link("get", ifname=name)[0].get("stats64")
    return {
        "host_link": name,
        "interface": dict(endpoint["Interface"]),
        "rx": counters["rx_packets"],
        "tx": counters["tx_packets"],
    }
