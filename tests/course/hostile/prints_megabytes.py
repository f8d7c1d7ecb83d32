"""Prints far more than anybody reads."""


def create_network(request, host):
    print("begin")
    for number in range(60_000):
        print("line", number, "of a great many that nobody will ever read")
    return {}
