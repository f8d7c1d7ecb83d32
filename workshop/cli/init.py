"""`python -m workshop init DIR`: a folder for one's own work."""

from __future__ import annotations

import shlex
from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR")
def init(folder: str) -> None:
    """Make a folder with the files of all exercises, for your own work. What is in it already stays as it is."""
    from workshop.cli.verdict_text import place, typed
    from workshop.course import workbench
    from workshop.course.exercise import catalogue

    path = Path(folder).expanduser().resolve()
    exercises = catalogue(broken=[])
    workbench.make(path, exercises)
    shown = place(str(path), None)
    number = len(exercises)
    click.echo(f"{shown} has the files of {number} exercises." if number > 1 else f"{shown} has the exercise's files.")
    if path == Path.cwd():
        click.echo(f"Begin with `{typed('start')}`.")
    else:
        click.echo(f"Go there (`cd {shlex.quote(shown)}`) and begin with `{typed('start', path)}`.")
