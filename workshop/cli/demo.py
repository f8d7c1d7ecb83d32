"""``workshop demo``: the lab on this machine, with a guided tour. No Docker, no root."""

from __future__ import annotations

import contextlib
import select
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshop.cli.ourselves import us

if TYPE_CHECKING:
    from workshop.cli.laboratory import Laboratory
    from workshop.cli.running import Ending, Running

_FIRST = "docker network create -d workshop cafe"
VERSIONS = ("20.10", "26.1", "28.5")


@click.command()
@click.option("--engine", type=click.Choice(VERSIONS), default="28.5", show_default=True, help="The Docker to play.")
@click.option("--driver", default="all", show_default=True, help="Kind of network; with `all`, `-o type=` chooses.")
@click.option("--dashboard", default=None, help="HOST:PORT of the dashboard. [default: 127.0.0.1:8600, or a free port]")
@click.option("--headless", is_flag=True, help="Take the tour once, without dashboard; exit 0 only if all worked.")
@click.option("--auto", is_flag=True, help="Take the tour without waiting for Enter.")
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
    engine: str,
    driver: str,
    dashboard: str | None,
    headless: bool,
    auto: bool,
    no_tour: bool,
    no_browser: bool,
    log_format: str | None,
    log_file: str | None,
) -> int:
    """A lab without Docker or root: the plugin, a practice engine, the dashboard, and a guided tour."""
    from workshop import drivers
    from workshop.cli.laboratory import Laboratory, enter, make_folder
    from workshop.cli.running import Running, bind, signals_as_event
    from workshop.errors import DONE, FAILED, INTERRUPTED, CannotHere

    drivers.load(driver)
    shown = None
    if not headless:
        try:
            shown = bind(dashboard or "127.0.0.1:8600")
        except CannotHere:
            if dashboard:
                raise
            shown = bind("127.0.0.1:0")
    known_as = enter()
    folder = make_folder()
    try:
        with signals_as_event() as ended, Running("demo", folder) as running:
            if log_format or log_file:
                running.log(log_format or "text", Path(log_file) if log_file else None, terminal=bool(log_format))
            with Laboratory(running, folder, version=engine, driver=driver, hosts=("alpha",)) as laboratory:
                if shown:
                    url = running.show(
                        *shown,
                        engine=f"practice engine {engine}",
                        driver=driver,
                        try_this=f"{us()} {_FIRST}",
                        parts=[running.walking()],
                    )
                    running.announce(**known_as, engine=str(laboratory.socket()))
                    click.echo(f"Ready: dashboard at {url}")
                    if not no_browser:
                        _open(url)
                good = True
                if headless or not no_tour:
                    good = _tour(running, laboratory, ended, wait=not (headless or auto), slow=auto)
                if headless:
                    return INTERRUPTED if ended.is_set() else DONE if good else FAILED
                if not ended.is_set():
                    _what_next()
                ended.wait()
                if sys.stdout.isatty():
                    click.echo()  # behind the terminal's ^C
                return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tour(running: Running, laboratory: Laboratory, ended: Ending, *, wait: bool, slow: bool) -> bool:
    from workshop.cli.tour import Tour

    wait = wait and sys.stdin.isatty()
    host = next(iter(laboratory.lab.hosts.values()))

    def pause() -> bool:
        if wait:
            click.echo("     Enter: next step. q: your turn. ", nl=False)
            return _enter(ended)
        if slow:
            ended.wait(2)
        return not ended.is_set()

    assert laboratory.lab.world is not None
    before = what_there_is(laboratory)
    tour = Tour(laboratory.socket(), laboratory.lab.world, host.address, click.echo, pause, ended.is_set)
    good = tour.run(running.say)
    left = [] if wait or ended.is_set() else sorted(what_there_is(laboratory) - before)
    for text in left:
        click.echo(f"Left behind: {text}", err=True)
    return good and not left


def what_there_is(laboratory: Laboratory) -> set[str]:
    """What is on the hosts and in the plugins' memory: the same before and after a tour that removes all it made."""
    found = set()
    for name, plugin in laboratory.plugins.items():
        host = plugin.host
        found |= {f"link {link.get('ifname')} on {name}" for link in host.kernel.links()}
        found |= {f"network {key[:12]} in the store of {name}" for key in host.networks}
        found |= {f"endpoint {key[:12]} in the store of {name}" for key in host.endpoints}
        found |= {f"tunnel of {key[:12]} in the store of {name}" for key in host.store.tunnels}
        found |= {f"node {key} in the store of {name}" for key in host.store.nodes}
        found |= {f"table {host.firewall.table} on {name}"} if host.firewall.exists() else set()
        found |= {f"chain {host.forwarding.chain} of {program} on {name}" for program in host.forwarding.found_in()}
    return found


def _enter(ended: Ending) -> bool:
    """Wait for Enter; False for ``q``, the end of input, or when the process is told to end."""
    while not ended.is_set():
        readable, _, _ = select.select([sys.stdin], [], [], 0.2)
        if readable:
            line = sys.stdin.readline()
            return bool(line) and line.strip().lower() != "q"
    return False


def _what_next() -> None:
    from workshop.cli import lines

    width = lines.columns()
    click.echo("\nYour turn. In a second terminal:")
    for typed in (_FIRST, "docker run -d --name bar --net cafe busybox httpd -f -p 80", "calls --follow"):
        click.echo(lines.command(f"{us()} {typed}", width, 2))
    click.echo(lines.prose("Ctrl-C ends the lab, and all that was made in it is gone.", width))


def _open(url: str) -> None:
    """Open a browser where there is a desktop; elsewhere the printed address is enough."""
    import os
    import webbrowser

    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(Exception):
            threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
