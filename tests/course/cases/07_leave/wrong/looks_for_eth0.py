# cause: answers
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    index = host.kernel.link_lookup(ifname="eth1")[0]
    host.kernel.link("del", index=index)
    return {}
