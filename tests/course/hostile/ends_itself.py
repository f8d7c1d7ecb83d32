"""Ends the process at once."""

import os


def create_network(request, host):
    print("farewell")
    os._exit(3)  # here
