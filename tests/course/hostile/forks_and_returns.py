"""Forks, and both answer."""

import os


def create_network(request, host):
    os.fork()
    return {}
