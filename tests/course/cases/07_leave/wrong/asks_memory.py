# cause: repeated
def leave(request, host):
    host.endpoint(request["EndpointID"])
    return {}


def delete_endpoint(request, host):
    endpoint = host.endpoint(request["EndpointID"])
    for index in host.kernel.link_lookup(ifname=f"wsh{endpoint['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
