# cause: live
"""Asks the kernel once, and keeps the answer for the next time."""

ANSWERS = {}


def endpoint_oper_info(request, host):
    key = request["EndpointID"]
    interface = host.endpoint(key)["Interface"]
    if key not in ANSWERS:
        name = "wsh" + key[:10]
        counters = host.kernel.link("get", ifname=name)[0].get("stats64")
        ANSWERS[key] = {
            "link": name,
            "interface": dict(interface),
            "rx": counters["rx_packets"],
            "tx": counters["tx_packets"],
        }
    return {"Value": ANSWERS[key]}
