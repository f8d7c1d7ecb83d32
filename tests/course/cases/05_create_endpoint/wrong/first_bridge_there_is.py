# cause: plugged
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    bridge = sorted(host.kernel.link_lookup(kind="bridge"))[0]
    host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge, state="up")
    return {"Interface": {}}
