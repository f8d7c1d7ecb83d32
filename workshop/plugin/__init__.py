"""The HTTP server that Docker talks to, and the way of a call through it: checked, noted, answered, remembered.

It knows HTTP and the protocol; of networks it knows only which handler to ask.
"""
