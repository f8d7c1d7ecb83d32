"""Closes its own output."""

import os
import sys


def create_network(request, host):
    print("before")
    sys.stdout.close()
    os.close(1)
    os.close(2)
    return {}
