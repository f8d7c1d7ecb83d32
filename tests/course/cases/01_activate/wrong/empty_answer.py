# cause: answers
# seen: Implements is missing
"""An empty object, as most routes are answered."""


def activate(request, host):
    return {}
