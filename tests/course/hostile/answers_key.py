"""Answers what cannot go to Docker."""


def create_network(request, host):
    return {"Value": {(1, 2): "pair"}}
