"""Prints more than is shown, and then raises."""


def create_network(request, host):
    print("x" * 1_000_000, end="")
    return {}["no such key"]  # here
