# Every field that there is.
def get_capabilities(request, host):
    return {"Scope": "local", "ConnectivityScope": "local", "GwAllocChecker": False}
