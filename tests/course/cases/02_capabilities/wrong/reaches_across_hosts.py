# cause: reach
# seen: global
def get_capabilities(request, host):
    return {"Scope": "local", "ConnectivityScope": "global"}
