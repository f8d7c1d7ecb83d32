# cause: link
# seen: EndpointID
"""Answers what it was asked with."""


def endpoint_oper_info(request, host):
    host.endpoint(request["EndpointID"])
    return {"Value": {"NetworkID": request["NetworkID"], "EndpointID": request["EndpointID"]}}
