# cause: counts
"""What changes in its answer is the time of day."""

import time


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    return {"Value": {"link": "wsh" + request["EndpointID"][:10], **interface, "at": time.time_ns()}}
