# cause: unknown
"""Writes down which endpoints have gone, and takes every other for one that is there."""

from workshop import PluginError

GONE = set()


def delete_endpoint(request, host):
    GONE.add(request["EndpointID"])
    for index in host.kernel.link_lookup(ifname="wsh" + request["EndpointID"][:10]):
        host.kernel.link("del", index=index)
    return {}


def endpoint_oper_info(request, host):
    key = request["EndpointID"]
    if key in GONE:
        raise PluginError("that endpoint has been deleted")
    value = {"link": "wsh" + key[:10], **host.endpoints.get(key, {}).get("Interface", {})}
    for index in host.kernel.link_lookup(ifname=value["link"]):
        counters = host.kernel.link("get", index=index)[0].get("stats64")
        value |= {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}
    return {"Value": value}
