"""Raises what it did not expect."""


def create_network(request, host):
    subnet = request["IPv4Data"]["Pool"]  # here
    return {"Pool": subnet}
