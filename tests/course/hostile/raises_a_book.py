"""Raises with a text that is far too long."""


def create_network(request, host):
    raise ValueError("word " * 2_000_000)  # here
