"""Our Markdown pages as data: links, headings, tables, and the code that they show."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]

_READER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Code:
    """A line of code on a page. ``block``: from a block, so that it can be typed as it stands."""

    page: Path
    text: str
    block: bool

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text.strip()}"


def pages() -> list[Path]:
    """README and every page of the documentation, the exercises and the slides."""
    folders = [ROOT / name for name in ("docs", "exercises", "slides")]
    return [ROOT / "README.md", *sorted(page for folder in folders for page in folder.rglob("*.md"))]


@functools.cache
def _tokens(page: Path) -> tuple[Token, ...]:
    return tuple(_READER.parse(page.read_text(encoding="utf-8")))


def _inline(page: Path) -> list[Token]:
    """Everything inside of lines: text, code, links, images."""
    found: list[Token] = []
    waiting = list(reversed(_tokens(page)))
    while waiting:
        token = waiting.pop()
        found.append(token)
        waiting.extend(reversed(token.children or []))
    return found


def targets(page: Path) -> list[str]:
    """Where its links and images lead to."""
    names = {"a": "href", "img": "src"}
    return [str(token.attrs[names[token.tag]]) for token in _inline(page) if names.get(token.tag) in token.attrs]


def anchors(page: Path) -> set[str]:
    """What one can write after ``#``: its headings, as the common code hosts turn them into anchors."""
    found: set[str] = set()
    tokens = _tokens(page)
    for opening, line in zip(tokens, tokens[1:], strict=False):
        if opening.type != "heading_open":
            continue
        words = "".join(part.content for part in line.children or [])
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        repeated = sum(1 for other in found if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", other))
        found.add(f"{anchor}-{repeated}" if repeated else anchor)
    return found


def code(page: Path) -> list[Code]:
    """Every line of its blocks of code, and every piece of code in its text."""
    found = []
    for token in _inline(page):
        if token.type in ("fence", "code_block"):
            joined = token.content.replace("\\\n", " ")
            found += [Code(page, line, block=True) for line in joined.splitlines()]
        elif token.type == "code_inline":
            found.append(Code(page, token.content, block=False))
    return found


def table(page: Path, first: str) -> list[list[str]]:
    """The rows of the table whose first column is called ``first``: the source of each cell.

    :raises LookupError: if the page has no such table.
    """
    cells: list[str] = []
    rows: list[list[str]] = []
    for token in _tokens(page):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "tr_close":
            rows.append(cells)
        elif token.type == "table_close" and rows[0][0] == first:
            return rows[1:]
    raise LookupError(f"{page.name} has no table that begins with a column {first!r}")
