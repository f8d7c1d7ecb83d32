"""`python -m workshop topology`: the network as it is now, as a picture or as data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from workshop.cli.sessions import chosen, session_option
from workshop.errors import UsageError, WorkshopError

FORMATS = ("text", "svg", "png", "dot", "json")
"""The first is what a terminal gets."""


@click.command("topology")
@click.option(
    "--format",
    "-o",
    "form",
    type=click.Choice(FORMATS),
    help="Default: as the name of --output ends, else text.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Only this host; may be repeated.")
@click.option("--journal", type=click.Path(path_type=Path), help="Read this journal (default: the running one's).")
@session_option
def topology(
    form: str | None, output: Path | None, hosts: tuple[str, ...], journal: Path | None, session_pid: int | None
) -> None:
    """Show the network as it is now: hosts, bridges, containers and how they are wired.

    It is what a running `serve` or `demo` sees; without one, this machine's own network as it is at the
    moment.
    """
    form = form or _by_name(output)
    if form == "png" and output is None and sys.stdout.isatty():
        raise UsageError("A PNG is not for the terminal.", "Add --output FILE.")
    graph = _only(_graph(journal, session_pid), hosts)
    _write(_made(graph, form), output)


def _by_name(output: Path | None) -> str:
    """The format that a file's name ends in; text where there is none. Raises UsageError for one that is not known."""
    ending = output.suffix[1:].lower() if output else ""
    form = {"": FORMATS[0], "gv": "dot", "txt": "text"}.get(ending, ending)
    if form not in FORMATS:
        raise UsageError(f"{output} ends in no format that there is.", f"Add --format: {', '.join(FORMATS)}.")
    return form


def _graph(journal: Path | None, session_pid: int | None) -> dict[str, Any]:
    """What the running session told last, or what is here if there is none."""
    if journal is None:
        now = chosen(session_pid, "journal")
        if now is None:
            return _here()
        journal = Path(now["journal"])
    from workshop.journal.store import JournalReader
    from workshop.topology.graph import last_graph

    reader = JournalReader(journal)
    try:
        graph = last_graph(reader.since(0))
    finally:
        reader.close()
    if graph is None:
        raise WorkshopError(f"The journal {journal} tells of no network.", "Is `serve` or `demo` running?")
    return graph


def _here() -> dict[str, Any]:
    """The network of the namespace that this process is in, looked at once."""
    import socket
    import tempfile

    from workshop.journal.store import Journal
    from workshop.kernel.namespaces import Namespace
    from workshop.topology.observe import Observer

    with tempfile.TemporaryDirectory() as folder:
        log, own = Journal(Path(folder) / "journal.db"), Namespace.current()
        observer = Observer(log, {socket.gethostname() or "this host": own})
        observer.start()
        try:
            observer.settle()
            return observer.graph()
        finally:
            observer.stop()
            log.close()
            own.close()


def _only(graph: dict[str, Any], hosts: tuple[str, ...]) -> dict[str, Any]:
    there = [host["name"] for host in graph["hosts"]]
    for name in hosts:
        if name not in there:
            raise UsageError(f"There is no host {name!r}.", f"There is {', '.join(there) or 'none'}.")
    return {**graph, "hosts": [host for host in graph["hosts"] if not hosts or host["name"] in hosts]}


def _made(graph: dict[str, Any], form: str) -> str | bytes:
    if form == "json":
        import json

        return json.dumps(graph, ensure_ascii=False, indent=2) + "\n"
    if form == "text":
        from workshop.topology.text import text

        return text(graph)
    from workshop.topology import draw

    return {"svg": draw.svg, "dot": draw.dot, "png": draw.png_bytes}[form](graph)


def _write(made: str | bytes, output: Path | None) -> None:
    data = made.encode("utf-8", "replace") if isinstance(made, str) else made
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise WorkshopError(f"{output} cannot be written ({error.strerror}).", "Give --output another path.") from None
