# cause: others
"""Tells of all endpoints; whoever asks may look for theirs."""


def endpoint_oper_info(request, host):
    host.endpoint(request["EndpointID"])
    value = {}
    for key, endpoint in host.endpoints.items():
        name = "wsh" + key[:10]
        counters = host.kernel.link("get", ifname=name)[0].get("stats64")
        value[name] = {**endpoint["Interface"], "rx": counters["rx_packets"], "tx": counters["tx_packets"]}
    return {"Value": value}
