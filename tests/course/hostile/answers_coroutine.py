"""Answers what nobody has run."""


async def work():
    return {}


def create_network(request, host):
    return work()
