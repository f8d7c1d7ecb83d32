"""Reads memory that is not there."""

import ctypes


def create_network(request, host):
    ctypes.string_at(0)  # here
    return {}
