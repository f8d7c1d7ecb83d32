"""The browser's side: pages, what they ask for, and what is pushed to them.

It reads the journal for what happened, and a picture for what the network is now. An exercise's page also hands on what
the learner commands, to the lesson. Nothing here knows the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workshop.dashboard.server import Dashboard

__all__ = ["Dashboard"]


def __getattr__(name: str) -> Any:
    """Import Flask only where it is needed: it takes a while, and not every part of this room uses it."""
    if name == "Dashboard":
        from workshop.dashboard.server import Dashboard

        return Dashboard
    raise AttributeError(name)
