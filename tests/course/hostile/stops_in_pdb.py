"""Stops in the debugger, called by its name."""

import pdb


def create_network(request, host):
    pdb.set_trace()  # here
    return {}  # here
