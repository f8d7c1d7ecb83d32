# cause: gone
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsh{request['NetworkID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
