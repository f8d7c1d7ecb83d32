"""Closes what it did not open, as a daemon would."""

import os


def create_network(request, host):
    os.closerange(3, 1024)  # here
    return {}
