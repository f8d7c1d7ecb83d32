"""The rules of the older iptables, where it is in use: to ask it where it is not would make its tables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

_NAMES = {
    "iptables": "/proc/thread-self/net/ip_tables_names",
    "ip6tables": "/proc/thread-self/net/ip6_tables_names",
}
"""The programs, and where the kernel names the tables that there are."""


def tables(namespace: Namespace, program: str) -> list[str]:
    """The tables of ``iptables`` or ``ip6tables`` in a namespace."""
    with contextlib.suppress(OSError), namespace.entered():
        return Path(_NAMES[program]).read_text().split()
    return []


def saved(namespace: Namespace, *options: str) -> Iterator[tuple[str, str]]:
    """``iptables`` and ``ip6tables``, as far as there are tables, each with what its ``save`` prints.

    :raises ProgramError: if that fails.
    """
    for program in _NAMES:
        if tables(namespace, program) and programs.find(f"{program}-legacy-save"):
            yield program, programs.run(namespace, f"{program}-legacy-save", *options)
