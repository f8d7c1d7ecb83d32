# cause: answers
"""Value is JSON in a text: Docker expects an object."""

import json


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    counters = host.kernel.link("get", ifname="wsh" + request["EndpointID"][:10])[0].get("stats64")
    value = {"interface": dict(endpoint["Interface"]), "counters": [counters["rx_packets"], counters["tx_packets"]]}
    return {"Value": json.dumps(value)}
