"""`python -m workshop exercise N`: the lab with the learner's handler, judged at every save."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workshop.cli.course_options import bench, find, sitting_options, which_argument

if TYPE_CHECKING:
    from workshop.cli.running import Ending, Running
    from workshop.cli.screen import Keys, Screen
    from workshop.course.exercise import Exercise
    from workshop.course.lesson import Lesson
    from workshop.course.workbench import Workbench

ENDS_WITHIN = 1.0
"""Seconds that the lab may take to be taken down; what is left then, the kernel takes back with our namespaces."""

ENDS_WITHIN_DOCKER = 20.0
"""The same on this machine's own Docker, where nobody else would tidy up."""


@click.command()
@which_argument
@sitting_options
def exercise(which: str, folder: str | None, **options: Any) -> int:
    """Work on an exercise, by its number or name: every save of your handler is judged.

    Keys: n next, h hint, r rerun, s solution, l list, q quit.
    """
    return sit(find(which), bench(folder), **options)


def sit(
    chosen: Exercise,
    workbench: Workbench,
    *,
    docker: bool,
    engine: str | None,
    no_browser: bool,
    poll: bool,
    dashboard: str | None,
) -> int:
    """Open an exercise and stay until told to end."""
    from workshop import session
    from workshop.cli.address import bind_or_any, open_page
    from workshop.cli.laboratory import enter, make_folder
    from workshop.cli.running import Running, signals_as_event
    from workshop.cli.screen import Keys, Screen, in_foreground
    from workshop.errors import UsageError

    if docker and engine:
        raise UsageError("--engine is for the lab's Docker, --docker for this machine's.", "Give one of them.")
    workbench.prepare(chosen)
    if docker:
        need_docker()
        session.sweep()
    shown = bind_or_any(dashboard)
    keys = Keys(wanted=in_foreground())
    known_as = session.identity() if docker else enter()
    from workshop.course.learner.zygote import Zygote

    with contextlib.ExitStack() as ending:
        zygote = ending.enter_context(Zygote.start())  # imports while we go on
        folder = make_folder()
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        ended = ending.enter_context(signals_as_event())
        running = ending.enter_context(Running("exercise", folder))
        from workshop.course.judge import judge
        from workshop.course.lesson import Lesson
        from workshop.plugin.holding import PRACTICE, SOCKET

        kind = "docker" if docker else engine
        lesson = Lesson(
            workbench, running.journal, stages(folder, running, zygote, kind), judge, engine=kind, poll=poll
        )
        ending.callback(lesson.close, ENDS_WITHIN_DOCKER if docker else ENDS_WITHIN)
        lesson.start(chosen)
        said = "Docker" if docker else f"practice engine {engine or chosen.engine}"
        facts = {"engine": said, "driver": chosen.driver, "try_this": _first(chosen)}
        parts = [_slides(lesson), running.walking(_while_judged(lesson))]
        limit = SOCKET if docker else PRACTICE
        url = running.show(*shown, limit=limit, lesson=lesson, parts=parts, **facts)
        running.announce(**known_as, engine=str(lesson.opened.stage.socket))
        screen = Screen()
        screen.say(f"Ready: dashboard at {url}")
        if not no_browser:
            open_page(url)
        _stay(screen, keys, lesson, running, ended)
    return 0


def _slides(lesson: Lesson) -> Any:
    """The part of the page by which findings lead to slides: the deck, with this exercise's lab behind it."""
    from workshop.cli.slides import standing
    from workshop.dashboard.deck import Stage
    from workshop.deck.render import Show

    return Stage(Show(), run=lesson.command, standing=lambda: standing(lesson.workbench)).part


def _while_judged(lesson: Lesson) -> Callable[[], str]:
    """Why no packet can be followed just now: what a walk makes for a moment must not be taken for the learner's."""
    return lambda: "Your code is being judged." if lesson.state()["judging"] else ""


def _stay(screen: Screen, keys: Keys, lesson: Lesson, running: Running, ended: Ending) -> None:
    """Tell what happens and do what the keys say, until it is to end."""
    import threading

    from workshop.cli.teller import Teller, key_of

    with keys:
        teller = Teller(screen, lesson, keys=keys.terminal)
        running.journal.follow(teller, "terminal", since=0)
        threading.Thread(target=teller.obey, name="keys", daemon=True).start()
        size = shutil.get_terminal_size()
        while not ended.is_set():
            for key in map(key_of, keys.pressed(0.1)):
                if key == "q":
                    ended.set()
                else:
                    teller.orders.put(key)
            if size != (size := shutil.get_terminal_size()):
                screen.redraw()
        teller.close()
        screen.end()


def stages(
    folder: Path, running: Running | None, zygote: Any, engine: str | None
) -> Callable[[Exercise], AbstractContextManager[Any]]:
    """What makes the stage of an exercise, each in a part of ``folder`` of its own."""
    from workshop.course.stage import Stage

    def make(exercise: Exercise) -> AbstractContextManager[Any]:
        return Stage(exercise, folder, running, zygote, engine=engine)

    return make


@contextlib.contextmanager
def lab_folder() -> Iterator[Path]:
    """A folder for sockets and stores that is gone afterwards."""
    from workshop.cli.laboratory import make_folder

    folder = make_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def need_docker() -> None:
    """Raise CannotHere unless this user may work with this machine's Docker."""
    import os

    from workshop.cli.rights import need_net_admin
    from workshop.engine_api import EngineAPI
    from workshop.errors import CannotHere

    without = "Run with sudo, or without --docker, in the lab, which needs no root."
    need_net_admin(without)
    if os.geteuid() != 0:
        raise CannotHere("Docker looks for plugins where only root may put them.", without)
    from workshop.course.real import RealDocker

    EngineAPI(RealDocker().api.path, timeout=10).get("/_ping")


def _first(exercise: Exercise) -> str:
    return exercise.commands[0] if exercise.commands else "docker network create -d workshop shop"
