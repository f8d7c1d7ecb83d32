# cause: gone
# seen: wsb
def delete_network(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}"):
        host.kernel.link("set", index=index, state="down")
    return {}
