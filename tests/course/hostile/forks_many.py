"""Starts a hundred programs at once."""

import subprocess


def create_network(request, host):
    programs = [subprocess.Popen(["sleep", "1000"]) for _ in range(100)]
    for program in programs:
        program.wait()
    return {}
