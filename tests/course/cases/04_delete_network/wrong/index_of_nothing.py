# cause: repeated
def delete_network(request, host):
    index = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")[0]
    host.kernel.link("del", index=index)
    return {}
