# cause: before
"""Knows an endpoint only as long as a container has it."""

from workshop import PluginError


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    if not endpoint.get("SandboxKey"):
        raise PluginError("no container has joined this endpoint")
    name = "wsh" + request["EndpointID"][:10]
    counters = host.kernel.link("get", ifname=name)[0].get("stats64")
    value = {"link": name, "sandbox": endpoint["SandboxKey"], "interface": dict(endpoint["Interface"])}
    value |= {"rx": counters["rx_packets"], "tx": counters["tx_packets"]}
    return {"Value": value}
