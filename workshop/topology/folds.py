"""What is folded into one box ("+17 containers"): as much as must be for the rest to be legible, or as one wishes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workshop.topology import shapes as at

if TYPE_CHECKING:
    from workshop.topology.parts import Parts

SHOWN = 30
"""How many rows of a bridge are shown at most, unless one wishes to see all; the rest is folded into one box."""

FEWEST = 4
"""How many rows of a bridge are shown at least, however little room there is."""


@dataclass(frozen=True)
class Folds:
    """How one viewer wishes to see the picture.

    ``high``: how many points high it should be at most (``None``: as high as it gets). ``open`` and ``shut``: groups
    that are shown whole, or as one box; each is the ID of a bridge, or that of a host's root namespace for what hangs
    on no bridge. ``hosts``: names of hosts that are shown as one box.
    """

    high: float | None = None
    open: frozenset[str] = field(default_factory=frozenset)
    shut: frozenset[str] = field(default_factory=frozenset)
    hosts: frozenset[str] = field(default_factory=frozenset)

    def shown(self, group: str, rows: int, most: int) -> int:
        """How many of a group's rows are shown, if not more than ``most`` are where nobody wishes otherwise.

        One row is not folded alone: the box that says so would be as high.
        """
        if group in self.shut:
            return 0
        return rows if group in self.open or rows <= most + 1 else most

    def most(self, parts: Iterable[Parts]) -> int:
        """How many rows of a group there is room for, all groups being as they are without anybody's wish."""
        if self.high is None:
            return SHOWN
        open_hosts = [each for each in parts if each.name not in self.hosts]
        for most in range(SHOWN, FEWEST, -1):
            if sum(height(each, most) for each in open_hosts) - at.BETWEEN <= self.high:
                return most
        return FEWEST


def wished(wish: dict[str, Any]) -> Folds:
    """What a browser wishes: ``{"high", "open", "shut", "hosts"}``, each of which may be missing."""
    groups = {key: frozenset(wish.get(key) or ()) for key in ("open", "shut", "hosts")}
    return Folds(wish.get("high"), **groups)


def height(parts: Parts, most: int) -> float:
    """How many points high a host is with the gap below it, with at most so many rows in each group."""
    high: float = at.HEAD + 8 + at.BETWEEN
    for group, rows in parts.rows.items():
        used = rows if rows <= most + 1 else most + 1
        least = at.ROOM_PLATE_H if group in parts.rooms else at.PLATE_H
        high += used * at.PITCH if group == parts.direct else max(used * at.PITCH, least + 16) + 20
        high += at.ROOM_HEAD + at.ROOM_FOOT if group in parts.rooms else 0
    return high


EVERYTHING = Folds()
"""The picture for whoever wishes nothing: each group whole, up to ``SHOWN`` rows."""
