"""Lines that fit the terminal: nothing is cut off, and what goes on below stands out."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator

NARROWEST = 20
"""Columns to reckon with at least, whatever the terminal says."""

_WORD = re.compile(r"\S+")
_SHELL_WORD = re.compile(r"""[\d.]+ m?s$|(?:"[^"]*"|'[^']*'|\S)+""")
"""A word of a command; or how long it took, behind it."""


def columns() -> int | None:
    """How many columns stdout has; ``None`` if it is no terminal, where lines may be as long as they are.

    ``COLUMNS`` in the environment has the last word.
    """
    try:
        if not os.environ.get("COLUMNS") and not sys.stdout.isatty():
            return None
    except ValueError:  # closed
        return None
    return max(NARROWEST, shutil.get_terminal_size().columns)


def cuts(line: str, width: int | None, hang: int, *, shell: bool = False) -> list[int]:
    """Where to break ``line`` so that each part fits in ``width``, those after the first behind ``hang`` spaces.

    A break is where a word begins, or within one that is too long. In a ``shell``'s command it is only where there is
    a space, in a quoted one if need be, and there is room for a backslash. Empty if the line fits as it is.
    """
    if width is None or len(line) <= width:
        return []
    width -= 2 * shell
    found, start, room = [], 0, width
    for first, end in _words(line, width - hang if shell else None):
        if end - start > room and line[start:first].strip():
            start, room = first, width - hang
            found.append(start)
        while end - start > room and not shell:
            start, room = start + room, width - hang
            found.append(start)
    return found


def _words(line: str, longest: int | None) -> Iterator[tuple[int, int]]:
    """Where words begin and end; with ``longest``, a shell's words, of which a longer one falls apart at its spaces."""
    for word in (_WORD if longest is None else _SHELL_WORD).finditer(line):
        if longest is None or len(word[0]) <= longest:
            yield word.span()
        else:
            yield from (part.span() for part in _WORD.finditer(line, *word.span()))


def prose(text: str, width: int | None, indent: int = 0, hang: int | None = None) -> str:
    """``text`` behind ``indent`` spaces; what does not fit goes on behind ``hang``, by default as many."""
    hang = indent if hang is None else hang
    return _parted(" " * indent + text, width, hang, shell=False)


def command(text: str, width: int | None, indent: int = 0) -> str:
    """A shell's command behind ``indent`` spaces: where it is broken, a backslash lets it go on."""
    return _parted(" " * indent + text, width, indent + 4, shell=True)


def _parted(line: str, width: int | None, hang: int, *, shell: bool) -> str:
    places = [0, *cuts(line, width, hang, shell=shell), len(line)]
    parts = [line[start:end].rstrip() for start, end in zip(places, places[1:], strict=False)]
    return ((" \\\n" if shell else "\n") + " " * hang).join(parts)
