"""Following one packet through the network: a probe is sent for real, seen on every interface, and told hop by hop.

What was captured and what the kernel knows are data, and functions of these decide what they mean. No plugin in here.
"""
