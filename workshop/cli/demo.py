"""``workshop demo``: the lab on this machine, and a talk that runs itself in it. No Docker, no root."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshop.cli.ourselves import us

if TYPE_CHECKING:
    from workshop.cli.laboratory import Laboratory
    from workshop.cli.running import Ending, Running
    from workshop.cli.talking import Talking
    from workshop.demo.script import Script

_FIRST = "docker network create -d workshop cafe"
VERSIONS = ("20.10", "26.1", "28.5")
KINDS = ("bridge", "vxlan", "macvlan", "ipvlan", "routed")
"""The kinds of network that have a talk of their own, as in ``workshop/demo/kinds.py``."""


@click.command()
@click.argument("kind", required=False, type=click.Choice(KINDS), metavar="[" + "|".join(KINDS) + "]")
@click.option("--engine", type=click.Choice(VERSIONS), default="28.5", show_default=True, help="The Docker to play.")
@click.option("--driver", default="all", show_default=True, help="Kind of network; with `all`, `-o type=` chooses.")
@click.option("--dashboard", default=None, help="HOST:PORT of the dashboard. [default: 127.0.0.1:8600, or a free port]")
@click.option("--headless", is_flag=True, help="Give the talk once, without dashboard; exit 0 only if all worked.")
@click.option("--auto", is_flag=True, help="Give the talk without waiting between its chapters.")
@click.option("--chapter", default=None, metavar="NAME", help="Begin with this chapter.")
@click.option("--no-tour", is_flag=True, help="Only the lab: type the commands yourself.")
@click.option("--no-browser", is_flag=True, help="Print the dashboard's address, but do not open it.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default=None,
    help="Also write the log to the terminal.",
)
@click.option("--log-file", default=None, help="Write the log to this file.")
def demo(
    kind: str | None,
    engine: str,
    driver: str,
    dashboard: str | None,
    headless: bool,
    auto: bool,
    chapter: str | None,
    no_tour: bool,
    no_browser: bool,
    log_format: str | None,
    log_file: str | None,
) -> int:
    """A lab without Docker or root, and a talk that runs itself: a network plugin from its first call to a bug and its
    finding. With a kind of network: what it is on two hosts, and who reaches whom.
    """
    from workshop import drivers
    from workshop.cli.address import bind_or_any, open_page
    from workshop.cli.laboratory import Laboratory, enter, make_folder
    from workshop.cli.running import Running, signals_as_event
    from workshop.demo.script import FIRST, SECOND
    from workshop.errors import DONE, FAILED, INTERRUPTED, UsageError
    from workshop.plugin.holding import PRACTICE

    drivers.load(driver)
    if no_tour and chapter:
        raise UsageError("There is no talk to begin with a chapter.", "Leave out --no-tour or --chapter.")
    script = None if no_tour and not headless else _script(kind, driver, chapter)
    shown = None if headless else bind_or_any(dashboard)
    known_as = enter()
    if script and script.needs:
        _check(script.needs)
    folder = make_folder()
    hosts = (FIRST, SECOND) if script or kind else (FIRST,)
    try:
        with signals_as_event() as ended, Running("demo", folder) as running:
            if log_format or log_file:
                running.log(log_format or "text", Path(log_file) if log_file else None, terminal=bool(log_format))
            with Laboratory(running, folder, version=engine, driver=driver, hosts=hosts) as laboratory:
                talking = None
                if script:
                    talking = _talking(script, running, laboratory, ended, not (headless or auto), chapter)
                if shown:
                    from workshop.dashboard import talk

                    url = running.show(
                        *shown,
                        limit=PRACTICE,
                        engine=f"practice engine {engine}",
                        driver=driver,
                        try_this=f"{us()} {_FIRST}",
                        parts=[running.walking(), *([talk.part(talking.talk)] if talking else [])],
                    )
                    running.announce(**known_as, engine=str(laboratory.socket()))
                    click.echo(f"Ready: dashboard at {url}")
                    if not no_browser:
                        open_page(url)
                if headless:
                    assert talking is not None
                    good = _once(talking, laboratory, ended)
                    return INTERRUPTED if ended.is_set() else DONE if good else FAILED
                if talking:
                    talking.give(_what_next)
                elif not ended.is_set():
                    _what_next()
                ended.wait()
                if sys.stdout.isatty():
                    click.echo()  # behind the terminal's ^C
                return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _script(kind: str | None, driver: str, chapter: str | None) -> Script:
    """The talk about a kind of network, or the whole one. Raises UsageError where the plugin would not serve it."""
    from workshop.demo.kinds import TALKS
    from workshop.demo.whole import WHOLE
    from workshop.drivers import ALL
    from workshop.errors import UsageError

    kind = kind or (None if driver == ALL else driver)
    if driver not in (ALL, kind):
        raise UsageError(
            f"A plugin of the driver {driver} alone makes no {kind} networks.", f"Leave --driver out, or give {kind}."
        )
    if kind and kind not in TALKS:
        raise UsageError(f"There is no talk about {kind} networks.", "Give --no-tour for the lab alone.")
    script = TALKS[kind] if kind else WHOLE
    if chapter is not None and chapter not in script.names:
        raise UsageError(f"There is no chapter {chapter!r} in this talk.", f"There are {', '.join(script.names)}.")
    return script


def _check(need: str) -> None:
    """Raise CannotHere if this machine lacks what a talk is about."""
    from workshop.demo.needs import lacking
    from workshop.errors import CannotHere

    if missing := lacking(need):
        raise CannotHere(*missing)


def _talking(
    script: Script, running: Running, laboratory: Laboratory, ended: Ending, wait: bool, chapter: str | None
) -> Talking:
    from workshop.cli.talking import PAUSE, Talking
    from workshop.demo.stage import Stage

    assert laboratory.lab.world is not None and running.observer is not None
    stage = Stage(
        laboratory.socket(),
        laboratory.lab.world,
        laboratory.engines,
        laboratory.plugins,
        running.journal,
        running.observer.graph,
        ended.is_set,
    )
    return Talking(script, stage, running, ended, wait=wait, pause=PAUSE, begin=chapter)


def _once(talking: Talking, laboratory: Laboratory, ended: Ending) -> bool:
    """Give the talk once; whether all worked, and nothing was left behind."""
    from workshop.demo.stage import what_there_is

    before = what_there_is(laboratory.plugins)
    good = talking.once()
    left = [] if ended.is_set() else sorted(what_there_is(laboratory.plugins) - before)
    for text in left:
        click.echo(f"Left behind: {text}", err=True)
    return good and not left


def _what_next() -> None:
    from workshop.cli import lines

    width = lines.columns()
    click.echo("\nYour turn. In a second terminal:")
    for typed in (_FIRST, "docker run -d --name bar --net cafe busybox httpd -f -p 80", "calls --follow"):
        click.echo(lines.command(f"{us()} {typed}", width, 2))
    click.echo(lines.prose("Ctrl-C ends the lab, and all that was made in it is gone.", width))
