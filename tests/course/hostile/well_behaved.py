"""Does what it should."""


def create_network(request, host):
    print("hello")
    return {}
