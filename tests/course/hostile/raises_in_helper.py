"""Raises inside of Python's own library, called by a helper."""

import ipaddress


def read(text):
    return ipaddress.ip_network(text)  # here


def create_network(request, host):
    return {"Pool": str(read("10.9.0.1/24"))}
