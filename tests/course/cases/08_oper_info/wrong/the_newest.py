# cause: others
"""Answers about the endpoint that was made last, whichever it was asked about."""


def endpoint_oper_info(request, host):
    host.endpoint(request["EndpointID"])
    key = list(host.endpoints)[-1]
    name = "wsh" + key[:10]
    counters = host.kernel.link("get", ifname=name)[0].get("stats64")
    value = {"link": name, **host.endpoint(key)["Interface"]}
    return {"Value": value | {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}}
