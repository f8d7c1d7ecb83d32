# cause: gone
def leave(request, host):
    return {}


def delete_endpoint(request, host):
    return {}
