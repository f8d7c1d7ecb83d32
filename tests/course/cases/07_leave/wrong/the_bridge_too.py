# cause: bridge
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for name in (f"wsh{request['EndpointID'][:10]}", f"wsb{request['NetworkID'][:10]}"):
        for index in host.kernel.link_lookup(ifname=name):
            host.kernel.link("del", index=index)
    return {}
