"""The deck's Markdown as data: slides parted by ``!SLIDE`` (across) and ``!SUB`` (down), notes after ``Note:``.

A file begins a new column. ``<!-- .slide: id="join" -->`` gives a slide a name, by which one can be sent to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workshop.errors import WorkshopError

ACROSS, DOWN, NOTES = "!SLIDE", "!SUB", "Note:"

ATTRIBUTES = ("id", "class")
"""What a slide's comment may set: its name, and looks from slides.css."""

_COMMENT = re.compile(r"<!--\s*\.slide:\s*(.*?)\s*-->\s*")
_ATTRIBUTE = re.compile(r"""([\w-]+)=(["'])(.*?)\2\s*""")
_ID = re.compile(r"[a-z][a-z0-9_-]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TITLE = re.compile(r"#{1,2} +(.+?)[ #]*")


@dataclass(frozen=True)
class Slide:
    """One slide: ``text`` is its Markdown, ``notes`` is for the presenter alone, ``line`` is where it begins."""

    id: str
    looks: str
    title: str
    text: str
    notes: str
    file: str
    line: int


Deck = tuple[tuple[Slide, ...], ...]
"""Columns of slides."""


@dataclass
class _Piece:
    line: int
    lines: list[str]


def deck(folder: Path) -> Deck:
    """All slides of the Markdown files in a folder, file by file in the order of their names, but for the README.

    :raises WorkshopError: with file and line, if one cannot be understood.
    """
    columns: list[tuple[Slide, ...]] = []
    known: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise WorkshopError(f"{path.name} cannot be read ({error}).", "Write it as UTF-8.") from None
        for column in columns_of(text, path.name):
            for slide in column:
                if slide.id in known:
                    raise _wrong(slide, f"the id {slide.id!r} is taken by {known[slide.id]}", "Choose another one.")
                known[slide.id] = f"{slide.file} line {slide.line}"
            columns.append(column)
    return tuple(columns)


def columns_of(text: str, file: str) -> list[tuple[Slide, ...]]:
    """The slides of one file, column by column. Nothing is parted inside of a block of code."""
    columns: list[list[_Piece]] = [[_Piece(1, [])]]
    for number, line, inside in _lines(text):
        word = "" if inside else line.strip()
        if word == ACROSS:
            columns.append([_Piece(number + 1, [])])
        elif word == DOWN:
            columns[-1].append(_Piece(number + 1, []))
        else:
            columns[-1][-1].lines.append(line)
    count = 0
    made: list[tuple[Slide, ...]] = []
    for column in columns:
        slides = []
        for piece in column:
            if not "".join(piece.lines).strip():  # before the first mark, or after the last
                continue
            count += 1
            slides.append(_slide(piece, file, f"{Path(file).stem.partition('_')[2] or Path(file).stem}-{count}"))
        if slides:
            made.append(tuple(slides))
    return made


def slides(columns: Iterable[Iterable[Slide]]) -> list[Slide]:
    """Every slide, in the order in which they are told."""
    return [slide for column in columns for slide in column]


def _lines(text: str) -> Iterable[tuple[int, str, bool]]:
    """Each line with its number, and whether it is inside of a block of code."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        if fence:
            yield number, line, True
            if found and found[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        else:
            fence = found[1] if found else ""
            yield number, line, bool(fence)


def _slide(piece: _Piece, file: str, name: str) -> Slide:
    kept: list[str] = []
    notes: list[str] | None = None
    given: dict[str, str] = {}
    title = ""
    for number, line, inside in _lines("\n".join(piece.lines)):
        where = f"{file} line {piece.line + number - 1}"
        if notes is None and not inside and line.strip() == NOTES:
            notes = []
        elif notes is None and not inside and line.startswith(f"{NOTES} "):
            notes = [line.removeprefix(f"{NOTES} ")]
        elif notes is not None:
            notes.append(line)
        elif not inside and (comment := _COMMENT.fullmatch(line.strip() + " ")):
            given |= _attributes(comment[1], where)
            kept.append("")  # so that lines keep their numbers
        else:
            found = None if inside else _TITLE.fullmatch(line)
            title = title or (found[1] if found else "")
            kept.append(line)
    return Slide(
        id=given.get("id", name),
        looks=given.get("class", ""),
        title=title,
        text="\n".join(kept).rstrip("\n") + "\n",
        notes="\n".join(notes or []).strip("\n"),
        file=file,
        line=piece.line,
    )


def _attributes(text: str, where: str) -> dict[str, str]:
    found = {name: value for name, _, value in _ATTRIBUTE.findall(text)}
    rest = _ATTRIBUTE.sub("", text).strip()
    strange = [*(name for name in found if name not in ATTRIBUTES), *([rest] if rest else [])]
    if strange:
        raise WorkshopError(
            f"{where}: a slide has no {strange[0]!r}.", f'It may have {" and ".join(ATTRIBUTES)}, as in `id="join"`.'
        )
    if "id" in found and not _ID.fullmatch(found["id"]):
        raise WorkshopError(
            f"{where}: {found['id']!r} is no id of a slide.", "Take small letters, digits, `-` and `_`."
        )
    return found


def _wrong(slide: Slide, what: str, remedy: str) -> WorkshopError:
    return WorkshopError(f"{slide.file} line {slide.line}: {what}.", remedy)
