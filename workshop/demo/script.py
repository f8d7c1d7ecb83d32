"""What a talk consists of: chapters, and the steps of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FIRST, SECOND = "alpha", "beta"
"""The hosts of every talk, in order."""


@dataclass(frozen=True)
class Step:
    """One thing that is done. The first word of ``command`` is a verb of ``workshop/demo/verbs.py``.

    In ``command``, ``{alpha}`` and ``{beta}`` are the hosts' addresses. ``says`` is what is shown where the command is
    nothing that anybody types. ``expected`` must be in its output; ``fails``: it has to end with an error. ``needs`` is
    what this machine must have for it (see ``workshop/demo/needs.py``).
    """

    command: str
    says: str = ""
    expected: str = ""
    fails: bool = False
    needs: str = ""


@dataclass(frozen=True)
class Chapter:
    """One chapter: its ``name``, by which one goes to it, what is said, and what is done.

    ``undo`` removes what it made. ``after`` are the chapters whose things it finds there, ``ends`` those whose things
    are gone after it: before its own steps it takes those of their ``undo``, the last chapter's first. ``needs`` is as
    of a step: without it, the chapter is left out. ``shows`` is the route whose newest call the page then has chosen;
    ``opens``: it is shown with all that was asked and done.
    """

    name: str
    title: str
    sentence: str
    steps: tuple[Step, ...] = ()
    undo: tuple[Step, ...] = ()
    after: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    needs: str = ""
    shows: str = ""
    opens: bool = False


@dataclass(frozen=True)
class Script:
    """A talk: its ``title`` and ``chapters``. Without what it ``needs``, it cannot be given here at all."""

    title: str
    chapters: tuple[Chapter, ...]
    needs: str = ""

    def __iter__(self) -> Iterator[Chapter]:
        return iter(self.chapters)

    @property
    def names(self) -> list[str]:
        """The chapters' names, in order."""
        return [chapter.name for chapter in self.chapters]

    def chapter(self, name: str) -> Chapter:
        """The chapter of that name. Raises KeyError."""
        return {chapter.name: chapter for chapter in self.chapters}[name]
