# cause: again
"""Once it has been activated, it sees no reason to say so again."""

said = []


def activate(request, host):
    if said:
        return {"Implements": []}
    said.append(True)
    return {"Implements": ["NetworkDriver"]}
