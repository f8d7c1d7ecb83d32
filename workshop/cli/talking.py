"""A talk in the terminal: what is said of it, and the keys that take it on."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable

import click

from workshop.cli import lines
from workshop.cli.running import Ending, Running
from workshop.demo.script import Chapter, Script
from workshop.demo.stage import Stage
from workshop.demo.talk import Talk

PAUSE = 5.0
"""Seconds between two chapters of a talk that runs on its own before somebody's eyes."""

_LOOK_UP = 0.2


class Talking:
    """Gives a talk in this thread and prints it. ``wait``: each chapter waits for Enter, or for a press in the browser;
    else it goes on by itself, after ``pause`` seconds. ``begin``: the chapter to begin with, if not the first.
    """

    def __init__(
        self,
        script: Script,
        stage: Stage,
        running: Running,
        ended: Ending,
        *,
        wait: bool,
        pause: float,
        begin: str | None,
    ) -> None:
        self._running, self._ending, self._total = running, ended, len(script.chapters)
        self._wait, self._pause, self._begin = wait, pause, begin
        self._keys = wait and sys.stdin.isatty()
        self.talk = Talk(script, stage, heading=self._heading, step=self._step, ended=self._ended)

    def once(self) -> bool:
        """Give it from where it begins to its end; whether all worked."""
        names = self.talk.script.names
        for name in names[names.index(self._begin) if self._begin else 0 :]:
            self.talk.play(name)
            if self._ending.is_set():
                return False
        self.talk.end()
        return self.talk.worked

    def give(self, over: Callable[[], None]) -> None:
        """Give it until the process is told to end. ``over`` is called whenever it comes to its end."""
        asked = self._begin or (None if self._wait else self.talk.following())
        while not self._ending.is_set():
            if asked is None:
                asked = self._asked()
            elif asked:
                self.talk.play(asked)
                asked = None
            else:
                self.talk.end()
                over()
                asked = self._await(None, keys=False)

    def _asked(self) -> str | None:
        """The chapter that is to come, once it is time for it; empty for the end, ``None`` if the process is to end."""
        if not self._wait:
            asked = self._await(self._pause, keys=False)
            return self.talk.following() if asked is None and not self._ending.is_set() else asked
        if self._keys:
            following = self.talk.state()["next"] or "the end"
            click.echo(f"     Enter: {following}. ?: all chapters. q: your turn. ", nl=False)
        return self._await(None, keys=self._keys)

    def _await(self, seconds: float | None, *, keys: bool) -> str | None:
        """The chapter that was asked for by a press, or by a line on the terminal; ``None`` if none was."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._ending.is_set() and (deadline is None or time.monotonic() < deadline):
            readable, _, _ = select.select([self.talk.presses, *([sys.stdin] if keys else [])], [], [], _LOOK_UP)
            if self.talk.presses in readable and (asked := self.talk.pressed()) is not None:
                if keys:
                    click.echo()
                return asked
            if sys.stdin in readable and (asked := self._typed(sys.stdin.readline())) is not None:
                return asked
        return None

    def _typed(self, line: str) -> str | None:
        """What a line asks for: nothing for the next chapter, a chapter's name, ``?`` for those, ``q`` for the end."""
        word = line.strip().lower()
        if not line or word == "q":
            return ""
        if not word or word in self.talk.script.names:
            return word or self.talk.following()
        names = ", ".join(self.talk.script.names)
        there = (
            f"Type a chapter's name: {names}." if word == "?" else f"There is no chapter {word!r}. There are {names}."
        )
        self._say(there)
        return None

    # -- what is printed

    def _heading(self, chapter: Chapter, number: int, why: str) -> None:
        click.echo(f"\n{number}/{self._total}  {chapter.title}")
        self._say(chapter.sentence)
        if why:
            self._say(why)
        else:
            self._running.say(f"{chapter.title}. {chapter.sentence}")

    def _step(self, text: str, typed: bool) -> None:
        click.echo((lines.command if typed else lines.prose)(text, lines.columns(), 5))

    def _ended(self, output: list[str]) -> None:
        for line in output:
            self._say(line, 7)

    def _say(self, text: str, indent: int = 5) -> None:
        """Say something behind an indent, in as many lines as the terminal asks for."""
        click.echo(lines.prose(text, lines.columns(), indent))
