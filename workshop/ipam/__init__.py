"""Address management as a plugin (``IpamDriver``): pools and addresses, given out once and remembered.

It knows nothing of networks and containers, as Docker tells it nothing of them.
"""
