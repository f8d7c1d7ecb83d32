# cause: plugged
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    host.kernel.link("add", ifname=outside, kind="veth", peer=inside, state="up")
    return {"Interface": {}}
