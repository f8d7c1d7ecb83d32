# cause: kept
def leave(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsc{request['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
