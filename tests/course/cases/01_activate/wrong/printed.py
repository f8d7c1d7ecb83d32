# cause: answers
# seen: None
"""Prints the answer instead of returning it."""


def activate(request, host):
    print({"Implements": ["NetworkDriver"]})
