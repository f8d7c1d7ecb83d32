"""`python -m workshop reset N`: the stub again."""

from __future__ import annotations

import click

from workshop.cli.course_options import bench, file_argument, file_of, find, folder_option, which_argument


@click.command()
@which_argument
@file_argument
@folder_option
def reset(which: str, file: str | None, folder: str | None) -> None:
    """Put the first version of your file back; yours is kept.

    Where an exercise has several files, FILE names one of them.
    """
    from workshop.cli.verdict_text import place

    exercise, workbench = find(which), bench(folder)
    one = file_of(exercise, file)
    names = exercise.files if one is None else (one,)
    workbench.prepare(exercise)
    for name in names:
        backup = workbench.reset(exercise, name)
        path = place(str(workbench.file(exercise, name)), None)
        if backup is None:
            click.echo(f"{path} is as it was given; there is nothing to keep.")
        else:
            click.echo(f"{path} is as it was given. Yours is kept as {place(str(backup), None)}.")
