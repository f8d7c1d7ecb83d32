"""Forks, and both raise."""

import os


def create_network(request, host):
    os.fork()
    raise ValueError("both")  # here
