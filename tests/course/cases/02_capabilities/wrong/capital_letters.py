# cause: answers
# seen: Scope
def get_capabilities(request, host):
    return {"Scope": "Local"}
