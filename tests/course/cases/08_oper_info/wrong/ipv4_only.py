# cause: address6
"""Forgets that an endpoint may have two addresses."""


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    name = "wsh" + request["EndpointID"][:10]
    counters = host.kernel.link("get", ifname=name)[0].get("stats64")
    value = {"link": name, "ip": interface["Address"], "mac": interface["MacAddress"]}
    value["packets"] = {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}
    return {"Value": value}
