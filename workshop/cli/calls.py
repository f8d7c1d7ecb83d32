"""`python -m workshop calls`: the calls that Docker made, from the journal of the running plugin."""

from __future__ import annotations

import os
import re
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workshop.cli import lines
from workshop.cli.sessions import chosen, session_option
from workshop.errors import UsageError, WorkshopError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.text import Text

    from workshop.journal.calls import Call, Names
    from workshop.journal.store import JournalReader

FORMATS = ("text", "json", "curl", "har", "sh")
_LABEL = re.compile(r" +(?:(?:request|answer|printed|ERROR) +)?")
PAUSE = 0.2
"""Seconds between two looks into the journal."""


@click.command("calls")
@click.option("--follow", "-f", is_flag=True, help="Go on with the calls to come, until Ctrl-C.")
@click.option(
    "--format",
    "-o",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="text to read; json, one call a line; curl, commands that repeat the calls; "
    "har for network tools; sh, a script of what the kernel was told.",
)
@click.option("--journal", type=click.Path(path_type=Path), help="Read this journal (default: the running one's).")
@click.option("--network", help="Only calls about this network: its name, or how its ID begins.")
@click.option("--errors", is_flag=True, help="Only calls that failed.")
@click.option("--last", type=click.IntRange(min=0), metavar="N", help="Only the last N of them.")
@session_option
def calls(
    follow: bool,
    form: str,
    journal: Path | None,
    network: str | None,
    errors: bool,
    last: int | None,
    session_pid: int | None,
) -> None:
    """Show the calls that Docker made to the plugin."""
    from workshop import session
    from workshop.journal.calls import Calls, Names
    from workshop.journal.store import JournalReader

    if follow and form in ("har", "sh"):
        raise UsageError(f"--format {form} makes one document and cannot follow.", "Use text, json or curl.")
    if journal is None:
        now = chosen(session_pid, "journal") or {}
    else:
        now = next((each for each in session.running() if each.get("journal") == str(journal.absolute())), {})
    path = journal or Path(now.get("journal") or session.state_dir() / "journal.db")
    if journal is None and not now and not path.exists():
        remedy = "Start `python -m workshop demo`" + ("." if os.geteuid() == 0 else "; if `serve` runs, use sudo.")
        raise WorkshopError("No session of yours runs, and none has left its journal.", remedy)
    reader = JournalReader(path)
    known, names = Calls(keep=sys.maxsize), Names()

    def wanted(call: Call) -> bool:
        return _about(call, network, names) and (not errors or call.state == "failed")

    def lab_is_over() -> bool:
        is_lab = bool(now) and now.get("command") != "serve"  # a plugin may be back, with its journal
        return is_lab and session.current(now["pid"]) is None

    try:
        seen = 0
        for event in reader.since(0):
            names.take(event)
            known.take(event)
            seen = event.seq
        shown = [call for call in known if wanted(call)]
        if last is not None:
            shown = shown[max(0, len(shown) - last) :]
        if follow:  # what still runs is shown once it has finished
            shown = [call for call in shown if call.state != "running"]
        write = _writer(form, names, lambda call: _plugin_of(call, now))
        write(shown)
        if not shown and not follow:
            click.echo("There are no such calls." if seen else "There are no calls yet.", err=True)
        if follow:
            _follow(reader, path, seen, known, names, lambda call: wanted(call) and write([call]), lab_is_over)
    except KeyboardInterrupt:
        return
    finally:
        reader.close()


def _about(call: Call, network: str | None, names: Names) -> bool:
    if network is None:
        return True
    if not call.network:
        return False
    return names.name_of_network(call.network) == network or (bool(network) and call.network.startswith(network))


def _plugin_of(call: Call, session_: dict[str, Any]) -> str | None:
    """Where the plugin listens that got a call: in a lab there is one on each host."""
    from workshop import session

    own = session.lab_folder(session_.get("pid") or 0) / (call.host or "-") / "plugins" / "workshop.sock"
    return str(own) if own.exists() else session_.get("plugin")


def _writer(form: str, names: Names, plugin_of: Callable[[Call], str | None]) -> Callable[[Iterable[Call]], None]:
    """What writes calls to stdout in a format, and has them on their way when it returns."""
    from workshop.journal import export
    from workshop.journal.text import block, rendered, use_color

    out: Any = sys.stdout
    color = use_color(out)
    write = {
        "text": lambda some: "".join(rendered(_fitted(block(call, names)), out, color) for call in some),
        "json": export.json_lines,
        "curl": lambda some: "".join(export.curl(call, plugin_of(call)) + "\n" for call in some),
        "har": export.har,
        "sh": lambda some: export.script(some, names),
    }[form]

    def to_stdout(some: Iterable[Call]) -> None:
        text = write(some)
        encoding = getattr(out, "encoding", None) or "utf-8"
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()

    return to_stdout


def _fitted(text: Text) -> Text:
    """A call as it fits the terminal: what is too long goes on below, two further in than it began."""
    from rich.text import Text

    width = lines.columns()
    if width is None:
        return text
    parts = []
    for line in text.split("\n"):
        label = _LABEL.match(line.plain)
        is_command = line.plain.lstrip().startswith("$ ")
        hang = min((label.end() if label else 2) + 2, width // 3)
        pieces = line.divide(lines.cuts(line.plain, width, hang, shell=is_command))
        for piece in pieces:
            piece.rstrip()
        parts.append(Text((" \\\n" if is_command else "\n") + " " * hang).join(pieces))
    return Text("\n").join(parts)


def _follow(
    reader: JournalReader,
    path: Path,
    seen: int,
    known: Any,
    names: Names,
    show: Callable[[Call], Any],
    over: Callable[[], bool],
) -> None:
    """Show each call as it finishes, until stdout is closed, the journal removed, or the lab has died that kept it."""
    while path.exists():
        has_ended = over()
        for event in reader.since(seen, 1_000):
            seen = event.seq
            names.take(event)
            call = known.take(event)
            if call is not None and event.kind == "call.finished":
                show(call)
        if has_ended and path.exists():
            click.echo("The session has ended.", err=True)
            return
        if _wait_for_close(PAUSE):
            return
    click.echo("The session has ended and its journal is gone.", err=True)


def _wait_for_close(seconds: float) -> bool:
    """Wait, and say whether whoever reads our output has gone: a pipe tells only those who ask, or write."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # no real file
        return bool(select.select([], [], [], seconds)[0])
    gone = select.POLLERR | select.POLLHUP | select.POLLNVAL
    return any(state & gone for _, state in poll.poll(seconds * 1000))
