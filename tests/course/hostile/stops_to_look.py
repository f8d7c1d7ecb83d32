"""Stops in the debugger."""


def create_network(request, host):
    breakpoint()  # here
    return {}
