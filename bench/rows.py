"""One measured value, and the small sums that make it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


class LeftOut(Exception):
    """This machine lacks what a section needs; the text says what, and how to get it.

    Among a section's rows, it tells the same of a part of it.
    """


@dataclass(frozen=True)
class Row:
    """``goal`` is the most that ``value`` should be, or the ``least``; ``samples`` is how often it was measured."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    samples: int = 1
    least: bool = False

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; ``None`` where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.least else self.value <= self.goal

    def as_dict(self) -> dict[str, Any]:
        """The row as it is written to ``bench.json``."""
        return {**asdict(self), "value": round(self.value, 4), "ok": self.ok}


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a ``share`` (0 to 1) of all are not above: 0.5 is the median, 0.99 nearly the worst."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return quantile(values, 0.5)
