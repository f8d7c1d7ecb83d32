"""The left column of a host in the picture: the link that leads out, the host's other links, gateways of networks."""

from __future__ import annotations

from collections.abc import Callable

from workshop.topology import shapes as at
from workshop.topology import words
from workshop.topology.parts import Link, Parts
from workshop.topology.shapes import Box, Line, Picture, Wire, boxed

MOST = 6
"""How many of the host's other links are shown."""


class Uplinks:
    """The boxes of the column, from ``top`` down. ``first`` is that of the link that leads out, ``low`` how far down
    they reach. ``classes`` gives those of a link's box."""

    def __init__(self, parts: Parts, made: Picture, top: float, classes: Callable[..., list[str]]) -> None:
        self._parts, self._made, self._top, self._classes = parts, made, top, classes
        self.first: Box | None = None
        self.low = top

    def place(self) -> None:
        """Put down the host's other links, the one that leads out first."""
        parts = self._parts
        more = len(parts.others) - MOST if len(parts.others) > MOST + 1 else 0
        for link in parts.others[: len(parts.others) - more]:
            leads_out = link["id"] in parts.out
            lines = self._lines(link)
            if leads_out and parts.root and self.first is None:
                lines += [(port, "port") for port in words.ports_of(parts.root, far=True)[:2]]
            kind = "uplink" if leads_out else words.of_kind(link, parts.links)
            box = self._box(link, "uplink" if leads_out else "other", [*lines, *self._end(link, kind)])
            self._below(box, self._top + at.PITCH / 2 if self.low == self._top else 0.0)
            self.first = self.first or (box if leads_out else None)
        if more:
            lines = [(f"+{more} links", "soft")]
            self._below(boxed(f"more-{words.clean(parts.name)}", ["more"], at.UPLINK_X, 0, at.UPLINK_W, lines))

    def gateway(self, link: Link, y: float) -> Box:
        """Put down the host's end of a network that is in a namespace of its own: at ``y``, if there is room for it."""
        box = self._box(link, "other", [*self._lines(link), *self._end(link, "gateway")])
        self._below(box, y)
        if self.first is not None and link["addresses"]:
            wire = Wire(f"out-{link['id']}", ["out"], (self.first.id, box.id), _left(self.first), _left(box))
            wire.gap = at.MARGIN - 16  # along the column's other side, so that it crosses nothing
            self._made.wires.append(wire)
        return box

    def _lines(self, link: Link) -> list[Line]:
        return [(words.clean(link["name"]), "strong"), *((address, "mono") for address in link["addresses"][:2])]

    def _end(self, link: Link, kind: str) -> list[Line]:
        return [("down", "wrong") if link["state"] == "down" else (kind, "soft"), *words.left_over(link)]

    def _box(self, link: Link, word: str, lines: list[Line]) -> Box:
        classes = self._classes(word, link=link)
        return boxed(f"uplink-{link['id']}", classes, at.UPLINK_X, 0, at.UPLINK_W, lines)

    def _below(self, box: Box, y: float = 0.0) -> None:
        box.y = max(y, self.low + box.h / 2)
        self.low = box.y + box.h / 2 + at.APART
        self._made.add(box)


def _left(box: Box) -> tuple[float, float]:
    return box.x - box.w / 2, box.y
