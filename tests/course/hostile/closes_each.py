"""Closes what it did not open, one by one."""

import contextlib
import os


def create_network(request, host):
    for number in range(3, 1024):
        with contextlib.suppress(OSError):
            os.close(number)  # here
    return {}
