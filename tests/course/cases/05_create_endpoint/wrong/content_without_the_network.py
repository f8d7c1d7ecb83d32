# cause: refused
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    bridge = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    if bridge and not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge[0], state="up")
    return {"Interface": {}}
