"""``python -m workshop export``: a session as a file, to be replayed, or as one page that opens anywhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workshop.cli import recorded
from workshop.cli.sessions import chosen, session_option
from workshop.errors import UsageError, WorkshopError

if TYPE_CHECKING:
    from workshop.journal import Event


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--html", is_flag=True, help="One page with the session in it: no server, no network, any browser.")
@click.option(
    "--from",
    "source",
    metavar="FILE|NAME",
    help="A journal, a recorded session, or the name of one that ships. [default: the running session]",
)
@session_option
def export(file: Path, html: bool, source: str | None, session_pid: int | None) -> None:
    """Write a session to FILE: as JSON lines for `replay` (.jsonl, .jsonl.gz), or as one page (--html).

    A session that still runs is written as far as it is.
    """
    from workshop.journal import recording

    if not html and not file.name.endswith(recording.ENDINGS):
        raise UsageError(f"{file} does not end in {' or '.join(recording.ENDINGS)}.", "Name it so, or add --html.")
    if html and file.suffix not in (".html", ".htm"):
        raise UsageError(f"{file} does not end in .html, so browsers would not show it.", "Name it so.")
    source = source or _running(session_pid)
    events = recorded.load(source)
    if html:
        _write(_page(source, events), file)
    else:
        recording.write(events, file)
    size = file.stat().st_size
    click.echo(f"{file}: {len(events)} events, {size / 1e6:.1f} MB.")


def _running(pid: int | None) -> str:
    """The journal of the session that runs, or that the last one left."""
    from workshop import session

    now = chosen(pid, "journal")
    if now is not None:
        return str(now["journal"])
    left = session.state_dir() / "journal.db"
    if left.exists():
        return str(left)
    remedy = "Start `python -m workshop demo`" + ("." if os.geteuid() == 0 else "; if `serve` runs, use sudo.")
    raise WorkshopError("No session of yours runs, and none has left its journal.", f"{remedy} Or name one: --from.")


def _page(source: str, events: list[Event]) -> str:
    from workshop.cli.past import begin
    from workshop.dashboard import offline

    session, past, beginning = begin(events)
    return offline.page(session, past, beginning, title=recorded.title(source))


def _write(text: str, file: Path) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorkshopError(f"{file} cannot be written ({error.strerror}).", "Name another file.") from None
