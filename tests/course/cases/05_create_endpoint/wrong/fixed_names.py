# cause: answers
def create_endpoint(request, host):
    (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    host.kernel.link("add", ifname="veth0", kind="veth", peer="veth1", master=bridge, state="up")
    return {"Interface": {}}
