# Removed without looking first; that it was not there is found out from the kernel.
import errno

from pyroute2.netlink.exceptions import NetlinkError


def delete_network(request, host):
    try:
        host.kernel.link("del", ifname="wsb" + request["NetworkID"][:10])
    except NetlinkError as error:
        if error.code != errno.ENODEV:
            raise
    return {"Err": ""}
