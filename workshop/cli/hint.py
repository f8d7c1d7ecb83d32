"""`python -m workshop hint N`: the next hint."""

from __future__ import annotations

import click

from workshop.cli.course_options import bench, find, folder_option, tell_notes, which_argument


@click.command()
@which_argument
@folder_option
def hint(which: str, folder: str | None) -> None:
    """Show the next hint of an exercise; each time one more, until there is none."""
    from workshop.cli import verdict_text
    from workshop.cli.screen import Screen
    from workshop.course import lesson

    exercise, workbench = find(which), bench(folder)
    told = lesson.hint(workbench, exercise)
    tell_notes(workbench)
    Screen().say(verdict_text.hint(told))
