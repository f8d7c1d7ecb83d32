"""What is said on the terminal during an exercise, told from the journal; and what its keys do."""

from __future__ import annotations

import queue
import threading
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from workshop.cli import verdict_text
from workshop.cli.printed import Printed
from workshop.cli.screen import Screen
from workshop.cli.verdict_text import place, typed
from workshop.course.lesson import Lesson
from workshop.errors import WorkshopError
from workshop.journal import Event
from workshop.journal.text import harmless

KEYS = "n next  h hint  r rerun  s solution  l list  q quit"
_LETTERS = {each.split(" ")[1]: each.split(" ")[0] for each in KEYS.split("  ")}


def key_of(typed: str) -> str:
    """The letter of a key whose name was typed; anything else as it is."""
    return _LETTERS.get(typed, typed)


class Teller:
    """Reads the journal's events and says on ``screen`` what the learner should see; ``obey`` does what keys say.

    ``keys`` is whether there is somebody to press them.
    """

    def __init__(self, screen: Screen, lesson: Lesson, *, keys: bool) -> None:
        self._screen, self._lesson, self._keys = screen, lesson, keys
        self.orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._printed = Printed()
        self._asked_for_solution: tuple[int, str] | None = None
        self._part: str | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._status("opening …")

    def close(self) -> None:
        """Say nothing more."""
        with self._lock:
            self._closed = True

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._closed:
                return
            self._printed.take(event)
            if event.kind == "verdict":
                self._verdict(event)
            elif event.kind == "notice":
                self._notice(event)

    # -- what happens

    def _verdict(self, event: Event) -> None:
        data = event.data
        if data.get("opened"):
            self._printed.clear()
            self._part = None
            self._screen.say(self._heading())
        elif data.get("judging"):
            self._printed.clear()
            part = data.get("part")
            if part != self._part:
                self._part = part
                self._screen.say(self._part_heading(str(part)))
            self._status(f"judging {part} …" if part else "judging …")
        else:
            self._say_verdict(data)
            self._status("")

    def _say_verdict(self, data: dict[str, Any]) -> None:
        opened = self._lesson.opened
        exercise = opened.exercise
        output = self._printed.shown(data)
        next_text, next_command = "", ""
        if data.get("passed") and exercise.number == data.get("exercise"):
            state = self._lesson.state()
            following = state["next_file"]
            if following is not None:
                done = sum(each["passed"] for each in state["files"])
                next_text = f"{done} of {len(state['files'])} mended."
                next_command = f"n, for {following}" if self._keys else f"save {following}"
            else:
                next_text = exercise.next
                next_command = self._way_on(state["next"])
        which = " ".join(filter(None, (str(data.get("exercise")), data.get("part"))))
        hints = "press h" if self._keys else typed(f"hint {which}")
        told = verdict_text.verdict(data, next_text=next_text, next_command=next_command, hints=hints)
        parts: list[RenderableType] = [Text()]
        self._screen.say(Group(*parts, output, Text(), told) if output is not None else Group(*parts, told))

    def _way_on(self, following: int | None) -> str:
        if following is None:
            return ""
        return f"n, for exercise {following}" if self._keys else typed(f"exercise {following}")

    def _notice(self, event: Event) -> None:
        level = event.data.get("level")
        if event.call is None and not event.data.get("host") and level in ("info", "warning", "error"):
            style = {"info": "cyan", "warning": "yellow", "error": "bold red"}[str(level)]
            self._screen.say(Text(harmless(str(event.data.get("text") or "")), style))

    def _heading(self) -> RenderableType:
        state = self._lesson.state()
        title = Text(f"Exercise {state['number']}: ", "bold")
        lines = [Text(), title.append(harmless(state["title"]), "bold cyan"), Text(harmless(state["goal"]))]
        readme = self._lesson.workbench.place(self._lesson.opened.exercise) / "README.md"
        lines.append(Text(f"{'the task':>10}  ", "dim").append(place(str(readme), None), "cyan"))
        if len(state["files"]) == 1:
            lines.append(Text(f"{'your file':>10}  ", "dim").append(place(state["files"][0]["path"], None), "cyan"))
        for each in state["files"] if len(state["files"]) > 1 else ():
            line = Text(f"{'✓' if each['passed'] else '':>10}  ", "green").append(harmless(each["name"]), "cyan")
            lines.append(line.append(f"  {harmless(each['title'])}", "dim"))
        if state["problem"]:
            lines.append(Text(harmless(state["problem"]), "yellow"))
        return Group(*lines)

    def _part_heading(self, part: str) -> RenderableType:
        """Which of several parts is judged from now on."""
        exercise = self._lesson.opened.exercise
        title = exercise.about[part].title if part in exercise.about else ""
        path = place(str(self._lesson.workbench.file(exercise, f"{part}.py")), None)
        heading = Text(f"{part}: " if title else part, "bold").append(harmless(title), "bold cyan")
        return Group(Text(), heading, Text("your file  ".rjust(12), "dim").append(path, "cyan"))

    def _status(self, doing: str) -> None:
        keys = KEYS if self._keys else ""
        self._screen.status("  ".join(filter(None, (doing, keys))))

    # -- what keys do

    def obey(self) -> None:
        """Do what keys say, one after another, for as long as the program runs."""
        acts = {"n": self._next, "h": self._hint, "r": self._lesson.rerun, "s": self._solution, "l": self._list}
        while True:
            key = self.orders.get()
            act = acts.get(key)
            try:
                if act is not None:
                    act()
                elif any(map(str.isalpha, key)):
                    self._screen.say(Text(KEYS, "dim"))
            except WorkshopError as error:
                self._screen.say(Text(f"\n{harmless(str(error))}", "yellow"))

    def _next(self) -> None:
        opened, state = self._lesson.opened, self._lesson.state()
        exercise = opened.exercise
        progress = self._lesson.workbench.progress
        if state["next_file"] is not None:
            if not any(each["passed"] for each in state["files"] if each["name"] == opened.file):
                self._screen.say(Text(f"\n{opened.file} has not passed yet; to save it is to come back.", "yellow"))
            self._lesson.choose(state["next_file"])
            return
        following = state["next"]
        if following is None:
            self._screen.say(Text(f"\nExercise {exercise.number} is the last one.", "yellow"))
            return
        if progress.state(exercise.name) != "passed":
            back = typed(f"exercise {exercise.number}")
            self._screen.say(
                Text(f"\nExercise {exercise.number} has not passed yet; {back} comes back to it.", "yellow")
            )
        self._lesson.open(following)

    def _hint(self) -> None:
        self._screen.say(Group(Text(), verdict_text.hint(self._lesson.hint(), "press s" if self._keys else "")))

    def _solution(self) -> None:
        opened = self._lesson.opened
        about = opened.exercise.number, opened.file
        try:
            told = self._lesson.solution(anyway=self._asked_for_solution == about)
        except WorkshopError:
            self._asked_for_solution = about
            what = about[1] if opened.exercise.parts else f"Exercise {about[0]}"
            self._screen.say(Text(f"\n{what} has not passed yet. Press s again to see it anyway.", "yellow"))
            return
        self._screen.say(Group(Text(), verdict_text.solution(told)))

    def _list(self) -> None:
        state = self._lesson.state()
        width = verdict_text.width_of_terminal()
        self._screen.say(Group(Text(), verdict_text.progress(state["progress"], width, state["number"])))
