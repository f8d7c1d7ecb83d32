# cause: kept
"""Takes the endpoint's link away once it has told of it a second time."""

ASKED = {}


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    name = "wsh" + request["EndpointID"][:10]
    link = host.kernel.link("get", ifname=name)[0]
    counted = link.get("stats64")
    ASKED[name] = ASKED.get(name, 0) + 1
    if ASKED[name] == 2:
        host.kernel.link("del", index=link["index"])
    value = {"link": name, "interface": dict(interface)}
    return {"Value": value | {"rx": counted["rx_packets"], "tx": counted["tx_packets"]}}
