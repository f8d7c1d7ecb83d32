# cause: different
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    mine = {} if request["Interface"]["MacAddress"] else {"MacAddress": "02:42:AC:11:00:02"}
    if not host.kernel.link_lookup(ifname=outside):
        (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
        host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge, state="up")
    return {"Interface": mine}
