"""Answers what has itself inside."""


def create_network(request, host):
    answer = {"Value": {}}
    answer["Value"]["all"] = [answer]
    return answer
