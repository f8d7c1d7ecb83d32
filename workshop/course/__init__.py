"""The course: exercises, the learner's code in its own process, and verdicts that teach.

How a verdict is shown is not here: the terminal's part is in ``cli``, the browser's in ``dashboard``.
"""
