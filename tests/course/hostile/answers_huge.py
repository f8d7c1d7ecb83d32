"""Answers what cannot go to Docker."""


def create_network(request, host):
    return {"Value": {"data": "x" * 3_000_000}}
