# cause: interface
# seen: eth0 there is Docker's own, on docker_gwbridge
"""An empty object: Docker goes on, and moves nothing."""


def join(request, host):
    return {}
