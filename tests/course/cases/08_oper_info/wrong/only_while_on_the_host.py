# cause: accepted
"""Wants to see both ends, and one of them is in the container when Docker asks."""

from workshop import PluginError


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    digits = request["EndpointID"][:10]
    ends = [host.kernel.link_lookup(ifname=prefix + digits) for prefix in ("wsh", "wsc")]
    if not all(ends) or endpoint.get("SandboxKey"):
        raise PluginError("one end of the pair is missing")
    counters = host.kernel.link("get", index=ends[0][0])[0].get("stats64")
    value = {"ends": ["wsh" + digits, "wsc" + digits], "interface": dict(endpoint["Interface"])}
    return {"Value": value | {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}}
