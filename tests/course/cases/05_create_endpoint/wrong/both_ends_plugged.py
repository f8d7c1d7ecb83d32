# cause: free
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    host.kernel.link("add", ifname=outside, kind="veth", peer=inside)
    for name in (outside, inside):
        host.kernel.link("set", index=host.kernel.link_lookup(ifname=name)[0], master=bridge, state="up")
    return {"Interface": {}}
