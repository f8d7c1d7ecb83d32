# cause: link
# seen: wsb
"""Names the network's bridge instead of the endpoint's own link."""


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    name = "wsb" + request["NetworkID"][:10]
    link = host.kernel.link("get", ifname=name)[0]
    counters = link.get("stats64")
    value = {"link": name, "rx": counters["rx_packets"], "tx": counters["tx_packets"], **endpoint["Interface"]}
    return {"Value": value}
