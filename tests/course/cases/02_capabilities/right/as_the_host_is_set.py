# The scope with which the plugin was started, and what it does not know is null.
def get_capabilities(request, host):
    return {"Err": "", "Scope": getattr(host, "scope", "local"), "ConnectivityScope": None}
