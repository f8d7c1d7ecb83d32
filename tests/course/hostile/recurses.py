"""Calls itself for ever."""


def create_network(request, host):
    return create_network(request, host)  # here
