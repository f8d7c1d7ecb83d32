"""Ends the process as C programs do."""

import os


def create_network(request, host):
    os.abort()  # here
