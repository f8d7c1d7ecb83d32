# cause: answers
# seen: InterfaceName
"""The name alone, where an object has to be."""


def join(request, host):
    return {"InterfaceName": "wsc" + request["EndpointID"][:10], "Gateway": "10.90.1.1"}
