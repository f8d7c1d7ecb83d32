"""Raises several exceptions at once."""


def create_network(request, host):
    raise ExceptionGroup("two faults", [ValueError("one"), TypeError("two")])  # here
