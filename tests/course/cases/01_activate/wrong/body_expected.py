# cause: answers
# seen: KeyError
"""Looks for something in a request that has no body."""


def activate(request, host):
    print("asked by", request["Name"])
    return {"Implements": ["NetworkDriver"]}
