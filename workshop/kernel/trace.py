"""What was told to the kernel: each change as the command that a person would have typed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One change that was asked of the kernel.

    ``tool`` is the program that ``command`` calls (``ip``, ``bridge``, ``nft``, ``iptables``, ``sysctl``), whether or
    not that program was used. ``error`` is why the kernel refused, or ``None``.
    """

    tool: str
    command: str
    error: str | None
    duration_ms: float


Trace = Callable[[Change], None]
"""Is told of every change, in the thread that made it."""


def ignore(_: Change) -> None:
    """A trace that forgets."""


@contextlib.contextmanager
def traced(trace: Trace, command: str) -> Iterator[None]:
    """Tell ``trace`` of ``command`` when the block ends, with its error if it raised one."""
    started, error = time.perf_counter(), None
    try:
        yield
    except Exception as raised:
        error = _said(raised)
        raise
    finally:
        trace(Change(command.split()[0], command, error, round((time.perf_counter() - started) * 1000, 3)))


def _said(raised: Exception) -> str:
    """What was refused, without the number that the kernel has for it."""
    if len(raised.args) == 2 and isinstance(raised.args[0], int):
        return str(raised.args[1])
    return str(raised) or type(raised).__name__
