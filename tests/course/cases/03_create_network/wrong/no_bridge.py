# cause: bridge
# seen: none
"""Says that all is well, and does nothing."""


def create_network(request, host):
    print("a network:", request["NetworkID"])
    return {}
