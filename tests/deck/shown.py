"""What the deck shows, for tests: its slides, their blocks, and how printed output is compared."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from workshop.deck.blocks import Block, commands
from workshop.deck.parse import Slide
from workshop.deck.render import Show, blocks

ANY = "…"
"""In a line: any characters. As a line of its own: any lines, none included."""


@functools.cache
def show() -> Show:
    """The deck."""
    return Show()


def all_slides() -> list[Slide]:
    """Every slide, in the order in which they are told."""
    return [each.slide for each in show().slides()]


def all_blocks(kind: str) -> Iterator[tuple[Slide, Block]]:
    """Every block of a kind, with its slide."""
    for slide in all_slides():
        yield from ((slide, block) for block in blocks(slide) if block.kind == kind)


def typed() -> Iterator[tuple[str, str, str]]:
    """Every command on the slides: where it is, what is typed, what it is said to print."""
    for slide, block in all_blocks("console"):
        for line, printed in commands(block.body):
            yield f"{slide.file}, slide {slide.id}", line, printed


def agrees(said: str, printed: str) -> bool:
    """Whether output is what a slide says: line by line, with ``…`` for what is different each time.

    How many blanks are between columns is not compared: it depends on what is in them.
    """
    pattern = ""
    for line in said.splitlines():
        if line.strip() == ANY:
            pattern += r"(?:[^\n]*\n)*"
        else:
            pieces = [re.escape(piece).replace(r"\ ", " ") for piece in _plain(line).split(ANY)]
            pattern += "[^\n]*".join(pieces) + "\n"
    lines = [_plain(line) for line in printed.strip("\n").splitlines()]
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _plain(line: str) -> str:
    return " ".join(line.split())
