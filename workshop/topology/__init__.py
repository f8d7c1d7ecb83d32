"""What network there is, as the kernel announces it: observing, the graph as data, and pictures of it.

Nothing in here changes the network. Who asked for a change is read from the journal.
"""
