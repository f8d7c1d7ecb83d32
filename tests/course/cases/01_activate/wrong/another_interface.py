# cause: network_driver
# seen: IpamDriver
"""The interface of those who give out addresses."""


def activate(request, host):
    return {"Implements": ["IpamDriver"]}
