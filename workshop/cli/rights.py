"""What the user may do here."""

from __future__ import annotations

from pathlib import Path

from workshop.errors import CannotHere

NET_ADMIN = 12
"""The number of the capability CAP_NET_ADMIN."""


def need_net_admin(remedy: str) -> None:
    """Raise CannotHere with ``remedy`` unless this process may change its network namespace."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:") and not int(line.split()[1], 16) >> NET_ADMIN & 1:
            raise CannotHere("This user may not change the machine's network.", remedy)
