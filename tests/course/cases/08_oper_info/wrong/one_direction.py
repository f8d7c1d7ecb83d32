# cause: counts
"""Tells how many packets the container has sent, and not how many it got."""


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    name = "wsh" + request["EndpointID"][:10]
    counters = host.kernel.link("get", ifname=name)[0].get("stats64")
    return {"Value": {"link": name, "interface": dict(interface), "packets": counters["rx_packets"]}}
