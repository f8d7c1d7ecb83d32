"""Sleeps for ever, deaf to every signal that can be ignored."""

import contextlib
import signal
import time


def create_network(request, host):
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1000)
