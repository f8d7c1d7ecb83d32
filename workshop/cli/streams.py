"""The three standard streams, in whatever state we are given them."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

_CANNOT = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def open_closed() -> None:
    """Open what is closed to nowhere: else the next file or socket would take its number, and our output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: PTH123, SIM115


def let_go_of_stdout() -> None:
    """Nobody reads: leave the interpreter nothing to complain about when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def why_unwritable(error: OSError) -> str | None:
    """What is wrong if output could not be written, as on a full disk; ``None`` if it is about something else."""
    return error.strerror if error.errno in _CANNOT and error.filename is None else None
