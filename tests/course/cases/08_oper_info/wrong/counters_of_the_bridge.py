# cause: counts
"""Tells what has gone through the bridge: that is what the host itself has sent and received on this network."""

import time


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    link = host.kernel.link("get", ifname="wsh" + request["EndpointID"][:10])[0]
    bridge = host.kernel.link("get", index=link.get("master"))[0]
    counters = bridge.get("stats64")
    value = {"link": link.get("ifname"), "interface": dict(interface), "asked at": time.time()}
    return {"Value": value | {key: counters[key] for key in ("rx_packets", "tx_packets", "rx_bytes", "tx_bytes")}}
