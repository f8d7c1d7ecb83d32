# cause: answers
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge, state="up")
    return {"Interface": {}}
