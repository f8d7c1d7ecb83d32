"""Slides as HTML. Raw HTML in them is text; what comes from recordings is, too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it.token import Token

from workshop import resources
from workshop.deck import markdown, parse
from workshop.deck.blocks import Block, html_of
from workshop.deck.html import tag
from workshop.deck.parse import Slide
from workshop.deck.sources import Sources

TWO = "two"
"""Looks of a slide: two columns."""

_STEP = "+"
"""The sign of a list whose items come one after the other."""


@dataclass(frozen=True)
class Shown:
    """One slide as HTML, and its notes. ``steps`` is how many things on it come one after the other."""

    slide: Slide
    html: str
    notes: str
    steps: int


class Show:
    """The deck in ``folder`` (default: ours), made HTML anew when one of its files has changed."""

    def __init__(self, folder: Path | None = None, exercises: Path | None = None) -> None:
        self.folder = folder or resources.path("slides")
        self.sources = Sources(self.folder, exercises or resources.path("exercises"))
        self._made: tuple[Any, list[list[Shown]]] | None = None

    def columns(self) -> list[list[Shown]]:
        """All slides, column by column.

        :raises WorkshopError: with file and line, if one cannot be made.
        """
        state = [(path, path.stat().st_mtime_ns) for path in sorted(self.folder.glob("*.md"))]
        if self._made is None or self._made[0] != state:
            deck = parse.deck(self.folder)
            self._made = state, [[shown(slide, self.sources) for slide in column] for column in deck]
        return self._made[1]

    def slides(self) -> list[Shown]:
        """All slides, in the order in which they are told."""
        return [each for column in self.columns() for each in column]


def shown(slide: Slide, sources: Sources) -> Shown:
    """A slide as HTML.

    :raises WorkshopError: with file and line, if something on it cannot be shown.
    """
    tokens = markdown.parsed(slide.text)
    steps = _fit(tokens)
    inner = "".join(_pieces(tokens, slide, sources))
    notes = markdown.parsed(slide.notes)
    _fit(notes)
    return Shown(slide, inner, markdown.rendered(notes), steps)


def blocks(slide: Slide) -> list[Block]:
    """The fenced blocks of a slide."""
    return [_block(token, slide) for token in markdown.parsed(slide.text) if token.type in ("fence", "code_block")]


def _pieces(tokens: list[Token], slide: Slide, sources: Sources) -> list[str]:
    """The HTML of a slide. With the looks ``two``, text is on the left, and blocks are on the right."""
    parted = TWO in slide.looks.split()
    texts: list[str] = []
    blocks: list[str] = []
    waiting: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and token.type not in ("fence", "code_block"):
            waiting.append(token)
            continue
        texts.append(markdown.rendered(waiting))
        waiting = []
        if token is not None:
            (blocks if parted else texts).append(html_of(_block(token, slide), sources))
    if not parted:
        return texts
    title, _, rest = "".join(texts).partition("</h2>")
    return [f"{title}</h2>\n", tag("div", rest, class_="column"), tag("div", "".join(blocks), class_="column")]


def _block(token: Token, slide: Slide) -> Block:
    words = token.info.split() if token.type == "fence" else []
    line = slide.line + (token.map or [0])[0]
    return Block(words[0] if words else "", tuple(words[1:]), token.content, slide.file, line)


def _fit(tokens: list[Token]) -> int:
    """Mark what comes step by step; says how many steps."""
    steps = [token for token in tokens if token.type == "list_item_open" and token.markup == _STEP]
    for token in steps:
        token.attrSet("class", "fragment")
    return len(steps)
