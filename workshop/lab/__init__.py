"""Hosts made of private namespaces, and the practice engine that plays Docker's part in them.

What a plugin does with Docker's calls is not here, nor anything that shows it.
"""
