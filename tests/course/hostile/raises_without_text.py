"""Raises an exception whose text cannot be had."""


class Broken(Exception):
    def __str__(self):
        raise ValueError


def create_network(request, host):
    raise Broken  # here
