# cause: outside
def program_external_connectivity(request, host):
    return {}


def revoke_external_connectivity(request, host):
    return {}
