"""Lets no signal through."""

import signal
import time


def create_network(request, host):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, signal.NSIG))
    time.sleep(1000)
