"""``python -m workshop replay``: a recorded session in the dashboard. Nothing of Linux, Docker or root is needed."""

from __future__ import annotations

import signal
import threading

import click

from workshop.cli import recorded


@click.command()
@click.argument("what", metavar="[FILE|NAME]", required=False)
@click.option("--dashboard", default=None, help="HOST:PORT of the page. [default: 127.0.0.1:8600, or a free port]")
@click.option("--no-browser", is_flag=True, help="Print the page's address, but do not open it.")
def replay(what: str | None, dashboard: str | None, no_browser: bool) -> None:
    """Show a recorded session: the network after each call, forwards and backwards.

    FILE is what `export` wrote, or a journal; NAME one of those that ship. Without either, these are listed.
    """
    if what is None:
        return _list()
    from workshop.cli.address import bind_or_any, open_page
    from workshop.cli.past import begin
    from workshop.dashboard import Dashboard, past

    events = recorded.load(what)
    session, known, beginning = begin(events)
    address, listener = bind_or_any(dashboard)
    page = Dashboard(
        session,  # type: ignore[arg-type]
        beginning,
        address=address,
        sock=listener,
        title=recorded.title(what),
        driver="",
        try_this="(this session has no call)",
        parts=[past.part(known, is_live=False)],
    )
    ended = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: ended.set())
    page.start()
    try:
        if page.problem:
            click.echo(page.problem, err=True)
        click.echo(f"Ready: {page.url}")
        if about := recorded.about(events):
            click.echo(about)
        if not no_browser:
            open_page(page.url)
        while not ended.wait(0.5):  # not for ever: some systems let no signal through until then
            pass
    finally:
        page.stop()
        listener.close()


def _list() -> None:
    from workshop.cli import lines, ourselves
    from workshop.journal import recording

    width = lines.columns()
    for name, path in recorded.shipped().items():
        click.echo(lines.prose(f"{name:8} {recorded.about(recording.read(path))}", width, 2, 11))
    click.echo("\n" + lines.prose(f"`{ourselves.us()} replay NAME` shows one of them, `replay FILE` your own.", width))
