# cause: repeated
def delete_network(request, host):
    host.networks[request["NetworkID"]]
    for index in host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
