# cause: interface
"""An empty object: Docker goes on, and moves nothing."""


def join(request, host):
    return {}
