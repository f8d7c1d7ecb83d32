# cause: local
# seen: global
def get_capabilities(request, host):
    return {"Scope": "global"}
