# Removed without looking first. Leave already unplugs it from the bridge, which is allowed: nobody listens any more.
import errno

from pyroute2.netlink.exceptions import NetlinkError


def leave(request, host):
    for index in host.kernel.link_lookup(ifname="wsh" + request["EndpointID"][:10]):
        host.kernel.link("set", index=index, master=0)
    return {}


def delete_endpoint(request, host):
    try:
        host.kernel.link("del", ifname="wsh" + request["EndpointID"][:10])
    except NetlinkError as error:
        if error.code != errno.ENODEV:
            raise
    return {}
