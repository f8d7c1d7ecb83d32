"""Prints, and never ends."""


def create_network(request, host):
    while True:
        print("again")  # here
