"""Raises because of another exception."""


def create_network(request, host):
    try:
        request["no such key"]
    except KeyError as error:
        raise RuntimeError("no bridge today") from error  # here
