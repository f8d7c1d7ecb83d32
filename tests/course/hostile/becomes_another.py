"""Becomes another program."""

import os


def create_network(request, host):
    os.execvp("sleep", ["sleep", "1000"])  # here
