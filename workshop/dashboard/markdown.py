"""The course's texts as HTML: Markdown without raw HTML, made to stand in the page under its own headings."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from markdown_it.token import Token

from workshop.deck import markdown

_DEEPER = 2  # the page has a first heading, and the exercise's title is the second


@functools.lru_cache(maxsize=128)  # a page asks again at every verdict
def html(text: str) -> str:
    """``text`` as HTML: its headings two levels deeper, links only to the web, images by their words alone.

    A first heading of the first level is left out: the page has the exercise's title already.
    """
    tokens = markdown.parsed(text)
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        tokens = tokens[3:]
    return markdown.rendered(_fitted(tokens))


def _fitted(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + _DEEPER)}"
        if token.type in ("fence", "code_block"):
            token.type, token.content = "fence", token.content.rstrip("\n") + "\n"
    return tokens


def told(texts: Sequence[Any]) -> list[str]:
    """Each of several texts as HTML."""
    return [html(str(text)) for text in texts]
