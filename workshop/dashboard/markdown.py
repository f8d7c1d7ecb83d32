"""The course's texts as HTML: Markdown without raw HTML, made to stand in the page under its own headings."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

_DEEPER = 2  # the page has a first heading, and the exercise's title is the second
_WEB = re.compile(r"https?://", re.IGNORECASE)


@functools.lru_cache(maxsize=128)  # a page asks again at every verdict
def html(text: str) -> str:
    """``text`` as HTML: its headings two levels deeper, links only to the web, images by their words alone.

    A first heading of the first level is left out: the page has the exercise's title already.
    """
    tokens = _parser().parse(text)
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        tokens = tokens[3:]
    return _parser().renderer.render(_fitted(tokens), _parser().options, {})


@functools.cache
def _parser() -> MarkdownIt:
    # html off: what looks like a tag is text
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _fitted(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + _DEEPER)}"
        # the Content Security Policy takes no style attribute; a table's columns may be aligned by class
        style = str(token.attrs.pop("style", ""))
        if style:
            token.attrSet("class", style.rpartition(":")[2])
        if token.type == "inline":
            token.children = _inline(token.children or [])
        if token.type in ("fence", "code_block"):
            token.type, token.content = "fence", token.content.rstrip("\n") + "\n"
        kept.append(token)
    return kept


def _inline(tokens: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    inside: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            inside.append(bool(_WEB.match(str(token.attrGet("href") or ""))))
            if inside[-1]:
                token.attrSet("target", "_blank")
                token.attrSet("rel", "noopener noreferrer")
                kept.append(token)
        elif token.type == "link_close":
            if inside.pop():
                kept.append(token)
        elif token.type == "image":
            kept.append(_text(token.content))
        else:
            kept.append(token)
    return kept


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def told(texts: Sequence[Any]) -> list[str]:
    """Each of several texts as HTML."""
    return [html(str(text)) for text in texts]
