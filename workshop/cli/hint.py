"""`python -m workshop hint N`: the next hint."""

from __future__ import annotations

import click

from workshop.cli.course_options import bench, file_argument, file_of, find, folder_option, tell_notes, which_argument


@click.command()
@which_argument
@file_argument
@folder_option
def hint(which: str, file: str | None, folder: str | None) -> None:
    """Show the next hint of an exercise; each time one more, until there is none.

    Where an exercise has several files, FILE names one of them; else it is the first that has not passed.
    """
    from workshop.cli import verdict_text
    from workshop.cli.screen import Screen
    from workshop.course import lesson
    from workshop.course.progress import parts_of

    exercise, workbench = find(which), bench(folder)
    told = lesson.hint(workbench, exercise, file_of(exercise, file) or workbench.first_file(exercise))
    tell_notes(workbench)
    which = " ".join(filter(None, (str(exercise.number), told.get("part"))))
    entry = workbench.progress.entry(exercise.name)
    passed = entry.get("passed") or told.get("part") in parts_of(entry)
    Screen().say(verdict_text.hint(told, verdict_text.typed(f"solution {which}{'' if passed else ' --anyway'}")))
