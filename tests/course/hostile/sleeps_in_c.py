"""Sleeps in C, and keeps Python's lock meanwhile."""

import ctypes


def create_network(request, host):
    while True:
        ctypes.PyDLL(None).sleep(1000)  # here
