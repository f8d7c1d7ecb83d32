"""Answers what is far too deep."""


def create_network(request, host):
    answer = {}
    for _ in range(100_000):
        answer = {"Value": answer}
    return answer
