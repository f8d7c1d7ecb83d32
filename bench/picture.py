"""How much of the picture moves when one container joins twenty, with the layout as the page asks for it.

A node moves if it is in both pictures and its upper left corner is elsewhere (plates and frames grow downwards). One
jumps past another if two that stay change their order.
"""

from __future__ import annotations

import itertools

from bench.rows import Row
from tests.topology import samples
from workshop.topology import layout
from workshop.topology.folds import Folds
from workshop.topology.shapes import Picture

TITLE = "the picture, when one container joins 20"
CONTAINERS = 20
ROOM = 720
"""Points that a picture may be high on a screen of 1366 x 768, so that its text is legible."""

Corners = dict[str, tuple[float, float]]


def measure() -> list[Row]:
    """The share of nodes that move, and how many pairs change their order; whole, and folded to fit a small screen."""
    found = []
    for how, folds in (("whole", Folds()), ("folded", Folds(ROOM))):
        before, after = (_corners(layout.picture(samples.shop(CONTAINERS + more), folds=folds)) for more in (0, 1))
        stay = sorted(before.keys() & after.keys())
        moved = [each for each in stay if before[each] != after[each]]
        found.append(Row(f"share of nodes that move, {how}", len(moved) / len(stay), "", 0, len(stay)))
        pairs = list(itertools.combinations(stay, 2))
        jumps = [pair for pair in pairs if _order(before, *pair) * _order(after, *pair) < 0]
        found.append(Row(f"pairs of nodes that change their order, {how}", len(jumps), "", 0, len(pairs)))
    return found


def _corners(made: Picture) -> Corners:
    return {box.id: (box.x - box.w / 2, box.y - box.h / 2) for box in made.boxes.values()}


def _order(corners: Corners, one: str, two: str) -> int:
    """Whether the one is above the other (-1), below it (1), or neither."""
    return (corners[one][1] > corners[two][1]) - (corners[one][1] < corners[two][1])
