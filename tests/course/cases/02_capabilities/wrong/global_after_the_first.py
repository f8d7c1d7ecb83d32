# cause: again
asked = []


def get_capabilities(request, host):
    asked.append(1)
    return {"Scope": "local" if len(asked) % 2 else "global"}
