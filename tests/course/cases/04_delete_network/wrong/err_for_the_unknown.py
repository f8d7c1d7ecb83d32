# cause: unknown
from workshop import PluginError


def delete_network(request, host):
    if request["NetworkID"] not in host.networks and request["NetworkID"].startswith("7e57"):
        raise PluginError("no such network")
    for index in host.kernel.link_lookup(ifname=f"wsb{request['NetworkID'][:10]}"):
        host.kernel.link("del", index=index)
    return {}
