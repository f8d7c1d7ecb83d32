# Wants to be asked about gateways, and answers that too.
ANSWER = {"Scope": "local", "GwAllocChecker": True, "Author": "me"}


def get_capabilities(request, host):
    return dict(ANSWER)


def gw_alloc_check(request, host):
    return {"SkipIPv4": False, "SkipIPv6": False}
