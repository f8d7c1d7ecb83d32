# cause: answers
"""The form in which a volume driver answers the call of that name."""


def get_capabilities(request, host):
    return {"Capabilities": {"Scope": "local"}}
