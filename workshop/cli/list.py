"""`python -m workshop list`: all exercises, and how far one is."""

from __future__ import annotations

import click

from workshop.cli.course_options import bench, folder_option, tell_notes


@click.command("list")
@folder_option
def show(folder: str | None) -> None:
    """Show all exercises and how far you are."""
    from rich.console import Group
    from rich.text import Text

    from workshop.cli import verdict_text
    from workshop.cli.screen import Screen
    from workshop.cli.start import where
    from workshop.course.exercise import catalogue
    from workshop.course.lesson import standing
    from workshop.errors import WorkshopError

    workbench = bench(folder)
    broken: list[WorkshopError] = []
    rows = standing(catalogue(broken=broken), workbench.progress)
    goes_on = where(workbench)
    tell_notes(workbench)
    here = goes_on.number if goes_on else None
    parts = [verdict_text.progress(rows, verdict_text.width_of_terminal(), here), Text()]
    if goes_on is not None:
        following = Text("Next: ", "dim").append(verdict_text.typed(f"exercise {goes_on.number}"), "bold cyan")
        parts.append(following)
    else:
        parts.append(Text("All passed.", "green"))
    Screen().say(Group(*parts))
    for error in broken:
        click.echo(str(error), err=True)


list = show  # noqa: A001 - the command's own name
