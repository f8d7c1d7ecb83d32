# cause: up
# seen: down
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    host.kernel.link("add", ifname=outside, kind="veth", peer=inside)
    host.kernel.link("set", index=host.kernel.link_lookup(ifname=outside)[0], master=bridge)
    return {"Interface": {}}
