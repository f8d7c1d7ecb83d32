"""What a picture is made of: boxes with text and wires between them, in points from the upper left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workshop.topology import words

Line = tuple[str, str]
PITCH = 100
"""The height of a row: a container with three lines under its name goes into it."""

MARGIN, HEAD = 24, 72
UPLINK_W, PLATE_W, PLUG_W, BOX_W = 166, 156, 136, 290
UPLINK_X = MARGIN + UPLINK_W / 2
PLATE_X = UPLINK_X + UPLINK_W / 2 + 44 + PLATE_W / 2
PLUG_X = PLATE_X + PLATE_W / 2 + 48 + PLUG_W / 2
FRAME_W = PLUG_X + PLUG_W / 2 + 36
BOX_X = FRAME_W + 64 + BOX_W / 2
BEND = 70
"""How far to their right the points of a line between two boxes above each other are; it bends by 3/4 of that."""

BETWEEN, APART = 28, 12
"""Between two hosts; between two boxes of the left column."""

PLATE_H = 112
ROOM_PLATE_H = 164
"""The height of a plate at least; of one in a namespace of its network's own, into which a port to the host is set."""

ROOM_HEAD, ROOM_FOOT, ROOM_EDGE = 36, 8, 14
"""Around plate and plugs, where these are in a namespace of the network's own: a title, and a frame."""

INSET_Y, INSET_H = 120, 34
"""From the top of such a plate down to the port that is set into it, below all that may be written there."""

LINE_H, NAME_H = 18, 22
COLUMN = 8.6
"""The width of a column of the monospace font at 14 points, with a little to spare."""

NAME_COLUMN = 0.74
"""How many letters of a name, which is larger and bold, go into one column."""


@dataclass
class Box:
    """Something with text: its centre, its size, its lines ``(text, style)``, and classes for its looks."""

    id: str
    classes: list[str]
    x: float
    y: float
    w: float
    h: float
    lines: list[Line] = field(default_factory=list)
    tip: str = ""


@dataclass
class Wire:
    """A line between two places; horizontal, or a soft curve. ``ends`` are the IDs of its boxes.

    ``gap``: where it goes down on its way, for one that would otherwise cross what stands between.
    """

    id: str
    classes: list[str]
    ends: tuple[str, str]
    start: tuple[float, float]
    end: tuple[float, float]
    gap: float | None = None


@dataclass
class Picture:
    """All of it: boxes (the frames first) by ID, and the wires on top."""

    width: float = 0
    height: float = 0
    boxes: dict[str, Box] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    into: dict[str, int] = field(default_factory=dict)
    """How many wires end at a box, by its ID."""

    def add(self, box: Box) -> Box:
        """Put a box in; gives it back."""
        self.boxes[box.id] = box
        return box

    def wire(self, word: str, link: str, classes: list[str], one: Box, two: Box, start: float, end: float) -> Wire:
        """Draw a line from the right side of ``one``, at height ``start``, to the left of ``two``."""
        side = two.x + two.w / 2 if one.x == two.x else two.x - two.w / 2  # two plugs: along their right side
        wire = Wire(f"{word}-{link}", classes, (one.id, two.id), (one.x + one.w / 2, start), (side, end))
        self.wires.append(wire)
        self.into[two.id] = self.into.get(two.id, 0) + 1
        return wire


def note(identity: str, x: float, y: float, w: float, text: str) -> Box:
    """A line of text without a border."""
    return Box(identity, ["note"], x, y, w, LINE_H, [(text, "plain")])


def boxed(identity: str, classes: list[str], x: float, y: float, w: float, lines: list[Line], **more: Any) -> Box:
    """A box as high as its lines need, with each cut to its width; what was cut is in the tip."""
    room = int((w - 24) / COLUMN)
    short = [(words.cut(text, int(room * NAME_COLUMN) if style == "name" else room), style) for text, style in lines]
    tip = "\n".join(text for (text, _), (cut, _) in zip(lines, short, strict=True) if text != cut)
    high = sum(NAME_H if style == "name" else LINE_H for _, style in lines) + 16
    return Box(identity, classes, x, y, w, more.pop("h", high), short, tip=tip, **more)
