"""Raises what no `except Exception` catches."""


def create_network(request, host):
    raise KeyboardInterrupt  # here
