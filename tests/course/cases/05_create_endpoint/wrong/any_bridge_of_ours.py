# cause: right_bridge
def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    names = sorted(link.get("ifname") for link in host.kernel.get_links() if link.get("ifname").startswith("wsb"))
    bridge = host.kernel.link_lookup(ifname=names[0])[0]
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge, state="up")
    return {"Interface": {}}
