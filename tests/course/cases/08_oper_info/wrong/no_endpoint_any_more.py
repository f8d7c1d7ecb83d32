# cause: docker
# seen: only networks with a name
"""Has a CreateEndpoint of its own as well, which refuses what Docker did not begin."""


def create_endpoint(request, host):
    return {"Err": "only networks with a name"}


def endpoint_oper_info(request, host):
    return {"Value": dict(host.endpoint(request["EndpointID"]))}
