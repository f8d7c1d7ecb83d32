"""The learner's code in a process of its own: started, called, limited, heard, and ended.

``zygote`` and ``process`` are for others to use; ``forkserver`` is the zygote's own program, and ``child`` with what it
imports runs in the learner's process.
"""
