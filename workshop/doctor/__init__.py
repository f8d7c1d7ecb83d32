"""What this machine can do: a table of checks, each tried out and not read from a configuration.

What a check makes is in a private namespace of a process that ends. How it is shown is the command's matter.
"""

from workshop.doctor.check import Check, Finding, Status, examine, works
from workshop.doctor.table import CHECKS

__all__ = ["CHECKS", "Check", "Finding", "Status", "examine", "works"]
