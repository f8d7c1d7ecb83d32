# cause: gone
def delete_network(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}"):
        host.kernel.flush_addr(index=index)
    return {}
