"""Asks the person."""


def create_network(request, host):
    return {"Pool": input("Which pool? ")}  # here
