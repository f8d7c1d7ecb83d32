"""A process may be several things at once, and the order does not matter."""

INTERFACES = ("IpamDriver", "NetworkDriver", "VolumeDriver")


def activate(request, host):
    return {"Implements": INTERFACES}
