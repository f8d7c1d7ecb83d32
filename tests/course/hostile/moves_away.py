"""Goes to another network namespace, and stays there."""

import ctypes


def create_network(request, host):
    ctypes.CDLL(None).unshare(0x40000000)
    return {}
