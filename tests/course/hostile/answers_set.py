"""Answers what cannot go to Docker."""


def create_network(request, host):
    return {"Interface": {"Address": {"10.9.0.2/24"}}}
