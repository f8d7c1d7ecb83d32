"""Measurements, for ``make bench``: how long calls take, what a container costs, how soon it is seen.

Each section is a module whose ``measure()`` gives rows, or raises ``LeftOut``: the machine lacks something.
"""
