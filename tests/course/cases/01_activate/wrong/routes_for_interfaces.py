# cause: network_driver
# seen: NetworkDriver.CreateNetwork
"""A list of routes."""

ROUTES = ["CreateNetwork", "DeleteNetwork", "CreateEndpoint", "DeleteEndpoint", "Join", "Leave"]


def activate(request, host):
    return {"Implements": [f"NetworkDriver.{route}" for route in ROUTES]}
