"""Ends the program, as a script would."""

import sys


def create_network(request, host):
    sys.exit("done")  # here
