"""``workshop slides``: the deck in the browser, with a lab behind it where this machine can have one."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workshop.cli.running import Running

HOSTS = ("alpha", "beta")
"""The lab's hosts: the slides have networks that reach across two."""

VERSION = "28.5"


@click.command()
@click.option("--present", is_flag=True, help="Open the presenter's view: notes, next slide, clock, exercises.")
@click.option("--dashboard", default=None, help="HOST:PORT to listen on. [default: 127.0.0.1:8600, or a free port]")
@click.option("--audience", default=None, metavar="HOST:PORT", help="Let the network look and follow there, read-only.")
@click.option("--folder", default=None, help="Your own folder: how far its exercises are, the presenter sees.")
@click.option("--no-lab", is_flag=True, help="Only the slides: nothing in them is live.")
@click.option("--no-browser", is_flag=True, help="Print the address, but do not open it.")
def slides(
    present: bool, dashboard: str | None, audience: str | None, folder: str | None, no_lab: bool, no_browser: bool
) -> int:
    """The slides, in the browser: yours to lead, others' to follow."""
    from workshop.cli import audience as hall
    from workshop.cli.address import bind_or_any, open_page
    from workshop.cli.course_options import bench
    from workshop.cli.laboratory import make_folder
    from workshop.cli.running import Running, signals_as_event
    from workshop.deck.render import Show
    from workshop.plugin.holding import PRACTICE

    show = Show()
    show.columns()  # a deck with a mistake is told before anything is started
    workbench = bench(folder)
    shown = bind_or_any(dashboard)
    door = hall.open_door(audience) if audience else None
    known_as, why_not = _enter(no_lab)
    home = make_folder()
    try:
        with signals_as_event() as ended, Running("slides", home) as running, contextlib.ExitStack() as ending:
            run = None if why_not else _laboratory(running, home, ending)
            from workshop.dashboard import deck

            stage = deck.Stage(show, run=run, why_no_lab=why_not, standing=lambda: standing(workbench))
            engine = "" if why_not else f"practice engine {VERSION}"
            facts = {"engine": engine, "driver": "" if why_not else "all"}
            url = running.show(*shown, limit=PRACTICE, parts=[stage.part], **facts)
            running.announce(**known_as, engine=None if why_not else str(home / HOSTS[0] / "engine.sock"))
            if door is not None:
                hall.show(door[0], stage, running, ending)
            address, _, token = url.partition("/#")
            here = f"{address}/slides{'/present' if present else ''}#{token}"
            click.echo(f"Ready: {'presenter' if present else 'slides'} at {here}")
            click.echo(f"To follow, without leading: {address}/slides")
            if door is not None:
                click.echo(hall.WARNING.format(address=hall.place(door[0])), err=True)
                click.echo(f"For the audience: {door[1]}")
            if why_not:
                click.echo(f"There is no lab behind the slides: {why_not}")
            if not no_browser:
                open_page(here)
            ended.wait()
            if sys.stdout.isatty():
                click.echo()  # behind the terminal's ^C
            return 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _enter(no_lab: bool) -> tuple[dict[str, Any], str]:
    """Go into namespaces of the lab's own; gives who we are to those outside, and why there is no lab (or nothing)."""
    from workshop import session
    from workshop.cli.laboratory import enter
    from workshop.errors import CannotHere

    if no_lab:
        return session.identity(), "It was started with --no-lab."
    try:
        return enter(), ""
    except CannotHere as error:
        return session.identity(), str(error)


def _laboratory(running: Running, home: Path, ending: contextlib.ExitStack) -> Callable[[str], dict[str, Any]]:
    """Start the lab; gives what runs a line in it."""
    from workshop.cli.laboratory import Laboratory
    from workshop.course import typed

    laboratory = ending.enter_context(Laboratory(running, home, version=VERSION, driver="all", hosts=HOSTS))
    return lambda line: typed.run(line, laboratory.socket(), holds=lambda: running.gate.holds)


def standing(workbench: Any) -> dict[str, Any]:
    """How far the exercises in a folder are: for each its number, title and state, and where one is."""
    from workshop.course.exercise import catalogue

    progress = workbench.progress
    entries, states = progress.entries(), progress.states()
    rows = [
        {
            "number": each.number,
            "title": each.title,
            "state": states.get(each.name, "untouched"),
            "attempts": entries.get(each.name, {}).get("attempts", 0),
        }
        for each in catalogue(broken=[])
    ]
    at = next((each.number for each in catalogue(broken=[]) if each.name == progress.at), None)
    return {"exercises": rows, "at": at}
