"""Locks itself out."""

import threading

lock = threading.Lock()


def create_network(request, host):
    lock.acquire()
    lock.acquire()  # here
    return {}
