"""Changes what is only to be read."""


def create_network(request, host):
    host.networks["cafe"] = request  # here
    return {}
