"""Never ends."""


def create_network(request, host):
    while True:  # here
        pass  # here
