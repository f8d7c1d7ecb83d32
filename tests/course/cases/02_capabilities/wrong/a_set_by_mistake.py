# cause: answers
def get_capabilities(request, host):
    return {"Scope", "local"}
