"""`python -m workshop solution N`: one right answer, compared with the learner's own."""

from __future__ import annotations

import sys

import click

from workshop.cli.course_options import bench, file_argument, file_of, find, folder_option, tell_notes, which_argument


@click.command()
@which_argument
@file_argument
@click.option("--anyway", is_flag=True, help="Before the exercise has passed, too.")
@folder_option
def solution(which: str, file: str | None, anyway: bool, folder: str | None) -> None:
    """Show a solution of an exercise that has passed, as the difference to your own file.

    Where an exercise has several files, FILE names one of them; else it is those that have passed, or with --anyway
    the first that has not. Written to a file, it is what `patch` takes: patch handler.py < solution.diff
    """
    from rich.console import Group
    from rich.text import Text

    from workshop.cli import verdict_text
    from workshop.cli.screen import Screen
    from workshop.course import lesson
    from workshop.course.progress import parts_of
    from workshop.errors import WorkshopError

    exercise, workbench = find(which), bench(folder)
    entry = workbench.progress.entry(exercise.name)
    tell_notes(workbench)
    passed, one = parts_of(entry), file_of(exercise, file)
    done = [name for name in exercise.files if entry.get("passed") or name.removesuffix(".py") in passed]
    if one is None and anyway and len(done) < len(exercise.files):
        one = workbench.first_file(exercise)
    allowed = done if one is None else [one] if anyway or one in done else []
    if not allowed:
        about = f" {one.removesuffix('.py')}" if one and exercise.parts else ""
        raise WorkshopError(
            f"{one if about else f'Exercise {exercise.number}'} has not passed yet.",
            f"`python -m workshop hint {exercise.number}{about}` helps; --anyway shows it all the same.",
        )
    told = [lesson.solution(workbench, exercise, name, True) for name in allowed]
    if not sys.stdout.isatty():  # it may be for `patch`, to which every byte counts
        Screen().say("\n\n".join(each["diff"] or verdict_text.SAME for each in told))
        return
    shown = [verdict_text.solution(each) for each in told]
    Screen().say(Group(*(part for each in shown for part in (each, Text()))) if len(shown) > 1 else shown[0])
