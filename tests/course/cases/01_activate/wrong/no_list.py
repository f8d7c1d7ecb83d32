# cause: answers
# seen: Implements
"""One word is no list of one word."""


def activate(request, host):
    return {"Implements": "NetworkDriver"}
