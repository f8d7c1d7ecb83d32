# cause: live
"""Tells what was written down when the endpoint was made, and nothing of what happens now."""


def endpoint_oper_info(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    return {
        "Value": {"link": "wsh" + request["EndpointID"][:10], "interface": dict(endpoint["Interface"]), "mtu": 1500}
    }
