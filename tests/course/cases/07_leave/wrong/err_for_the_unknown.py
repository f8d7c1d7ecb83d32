# cause: unknown
from workshop import PluginError

seen = set()


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    if request["EndpointID"] not in host.endpoints and request["EndpointID"] not in seen:
        raise PluginError("no such endpoint")
    seen.add(request["EndpointID"])
    for index in host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
