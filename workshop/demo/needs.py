"""What a chapter or a step needs of this machine: programs, and kinds of links that a kernel may lack."""

from __future__ import annotations

from workshop.kernel import kinds, programs
from workshop.kernel.lacking import lacks

KINDS = ("vxlan", "macvlan", "ipvlan")
"""Needs that are the kernel's; any other is a program's name."""


def lacking(need: str) -> tuple[str, str] | None:
    """What is missing, and what to do about it, as a sentence each; ``None`` if all is there."""
    if not need:
        return None
    if need in KINDS:
        return (f"This kernel has no {kinds.called(need)}.", kinds.remedy(need)) if lacks(need) else None
    if programs.find(need):
        return None
    return f"The program {need} is missing.", f"Get it with `{programs.how_to_get(need)}`."
