# cause: gone
def delete_network(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:12]}"):
        host.kernel.link("del", index=index)
    return {}
