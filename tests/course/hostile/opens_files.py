"""Opens files, and closes none."""

kept = []


def create_network(request, host):
    while True:
        kept.append(open("/dev/null"))  # here # noqa: PTH123, SIM115
