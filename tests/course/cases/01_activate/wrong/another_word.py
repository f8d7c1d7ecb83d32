# cause: network_driver
# seen: networkdriver
"""The word in lower case, as Python would have it."""


def activate(request, host):
    return {"Implements": ["networkdriver"]}
