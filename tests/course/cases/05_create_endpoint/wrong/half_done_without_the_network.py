# cause: rolled_back
from workshop import PluginError


def create_endpoint(request, host):
    outside, inside = f"wsh{request['EndpointID'][:10]}", f"wsc{request['EndpointID'][:10]}"
    if not host.kernel.link_lookup(ifname=outside):
        host.kernel.link("add", ifname=outside, kind="veth", peer=inside)
    bridge = host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}")
    if not bridge:
        raise PluginError("no such network")
    host.kernel.link("set", index=host.kernel.link_lookup(ifname=outside)[0], master=bridge[0], state="up")
    return {"Interface": {}}
