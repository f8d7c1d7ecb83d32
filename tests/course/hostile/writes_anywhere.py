"""Writes into whatever is open."""

import contextlib
import os


def create_network(request, host):
    for number in range(3, 1024):
        with contextlib.suppress(OSError):
            os.write(number, b"\xff" * 100)
    return {}
