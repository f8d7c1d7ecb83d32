"""Markdown as the pages may show it: raw HTML is text, links lead to the web or are words, images are words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.token import Token

_WEB = re.compile(r"https?://", re.IGNORECASE)


def parsed(text: str) -> list[Token]:
    """The tokens of ``text``, with nothing in them that a page may not show."""
    tokens = _parser().parse(text)
    for token in tokens:
        # the Content Security Policy takes no style attribute; a table's columns may be aligned by class
        style = str(token.attrs.pop("style", ""))
        if style:
            token.attrSet("class", style.rpartition(":")[2])
        if token.type == "inline":
            token.children = _inline(token.children or [])
    return tokens


def rendered(tokens: list[Token]) -> str:
    """Tokens as HTML."""
    return _parser().renderer.render(tokens, _parser().options, {})


@functools.cache
def _parser() -> MarkdownIt:
    # html off: what looks like a tag is text
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def _inline(tokens: Iterable[Token]) -> list[Token]:
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
            kept.append(Token("text", "", 0, content=token.content))
        else:
            kept.append(token)
    return kept
