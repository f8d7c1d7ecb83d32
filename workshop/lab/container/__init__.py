"""What a container consists of, from inside: its mounts, its capabilities, its first process.

It runs in a process of its own, with nothing but the standard library, so that it is small and has one thread: only
such a process may make namespaces and fork. What Docker would do with a container is in ``workshop.lab.engine``.
"""
