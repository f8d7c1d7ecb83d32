# cause: strangers
def delete_network(request, host):
    for index in host.kernel.link_lookup(kind="bridge"):
        host.kernel.link("del", index=index)
    return {}
