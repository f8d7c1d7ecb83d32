"""Reads what is not there, without a keyboard."""

import pickle


def create_network(request, host):
    return pickle.loads(b"")  # here
