# cause: echo
import hashlib


def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    if not host.kernel.link_lookup(ifname=outside):
        (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
        host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge, state="up")
    digest = hashlib.sha256(request["EndpointID"].encode()).hexdigest()
    made_up = "02:" + ":".join(digest[n : n + 2] for n in range(0, 10, 2))
    return {"Interface": {"MacAddress": request["Interface"]["MacAddress"] or made_up}}
