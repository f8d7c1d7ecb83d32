# cause: gone
# seen: wsh
"""Makes a name of any ID, and leaves out what it cannot find: an answer about nothing."""


def endpoint_oper_info(request, host):
    key = request["EndpointID"]
    value = {"link": "wsh" + key[:10], **host.endpoints.get(key, {}).get("Interface", {})}
    for index in host.kernel.link_lookup(ifname=value["link"]):
        counters = host.kernel.link("get", index=index)[0].get("stats64")
        value |= {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}
    return {"Value": value}
