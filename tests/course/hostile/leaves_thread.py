"""Starts a thread, and does not wait for it."""

import threading
import time


def create_network(request, host):
    threading.Thread(target=time.sleep, args=[1000], name="dreamer").start()
    return {}
