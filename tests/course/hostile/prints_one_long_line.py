"""Prints megabytes without the end of a line."""


def create_network(request, host):
    print("x" * 5_000_000, end="")
    return {}
