# cause: gone
def delete_network(request, host):
    return {}
