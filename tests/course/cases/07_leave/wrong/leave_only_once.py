# cause: repeated_leave
from workshop import PluginError

gone = set()


def leave(request, host):
    if request["EndpointID"] in gone:
        raise PluginError("it has left already")
    gone.add(request["EndpointID"])
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=f"wsh{request['EndpointID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
