"""Forgets to answer."""


def create_network(request, host):
    {}  # noqa: B018
