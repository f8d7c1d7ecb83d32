"""Starts a daemon: out of its session, with another parent, deaf."""

import os
import signal
import time


def create_network(request, host):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(1000)
        os._exit(0)
    os.wait()
    return {}
