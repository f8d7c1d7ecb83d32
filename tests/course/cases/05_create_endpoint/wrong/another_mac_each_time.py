# cause: repeated
import random


def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    mac = "02:" + ":".join(f"{random.randrange(256):02x}" for _ in range(5))
    (bridge,) = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer=inside, master=bridge, state="up")
    return {"Interface": {} if request["Interface"]["MacAddress"] else {"MacAddress": mac}}
