# cause: link
# seen: wsc
"""Names the container's end, which is called so no longer once Docker has moved it."""


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    value = dict(endpoint["Interface"])
    value["link"] = "wsc" + request["EndpointID"][:10]
    value |= counted(host, "wsh" + request["EndpointID"][:10])
    return {"Value": value}


def counted(host, name):
    counters = host.kernel.link("get", ifname=name)[0].get("stats64")
    return {key: counters[key] for key in ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")}
