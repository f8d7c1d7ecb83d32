# cause: repeated
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    (index,) = host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}")
    host.kernel.link("del", index=index)
    return {}
