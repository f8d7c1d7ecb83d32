"""Links, addresses, routes, namespaces, firewall: thin, over pyroute2 and the nft and iptables programs.

Whatever is told to the kernel is also told to a ``Trace``, as the command a person would have typed.
Nothing in here knows of Docker.
"""
