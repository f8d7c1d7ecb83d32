# cause: gone
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}"):
        host.kernel.link("set", index=index, master=0, state="down")
    return {}
