# cause: answers
# seen: Implements is missing
"""A letter is missing in the key."""


def activate(request, host):
    return {"Implement": ["NetworkDriver"]}
