"""What the course's commands have in common: options, and who is meant by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from workshop.course.exercise import Exercise
    from workshop.course.workbench import Workbench

VERSIONS = ("20.10", "26.1", "28.5")
"""The Docker Engines that the practice engine plays."""


def folder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--dir``, given to the command as ``folder``."""
    return click.option(
        "--dir",
        "folder",
        metavar="DIR",
        help="Your folder, made by `init`. [default: WORKSHOP_WORKBENCH, the one you are in, the checkout's workbench]",
    )(command)


which_argument = click.argument("which", metavar="EXERCISE")
"""An exercise: its number or its name."""


file_argument = click.argument("file", required=False)
"""Of an exercise with several files, one of them; given to the command as ``file``."""


def sitting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what opens an exercise and watches."""
    for option in reversed(
        (
            click.option("--docker", is_flag=True, help="With this machine's own Docker, as root, instead of the lab."),
            click.option(
                "--engine",
                type=click.Choice(VERSIONS),
                help="The Docker that the lab plays. [default: what the exercise says]",
            ),
            click.option("--no-browser", is_flag=True, help="Print the dashboard's address, but do not open it."),
            click.option(
                "--poll", is_flag=True, help="Look for saves ten times a second, whatever the file system is."
            ),
            click.option("--dashboard", help="HOST:PORT of the dashboard. [default: 127.0.0.1:8600, or a free port]"),
            folder_option,
        )
    ):
        command = option(command)
    return command


def find(which: str) -> Exercise:
    """The exercise of that number or name. Raises UsageError if there is none."""
    from workshop.course import exercise

    return exercise.find(which)


def file_of(exercise: Exercise, name: str | None) -> str | None:
    """The file that was named, with ``.py`` or without; ``None`` if none was. Raises UsageError if there is none."""
    from workshop.errors import UsageError

    if name is None:
        return None
    file = name if name.endswith(".py") else f"{name}.py"
    if file not in exercise.files:
        raise UsageError(f"Exercise {exercise.number} has no file {name!r}.", f"It has {', '.join(exercise.files)}.")
    return file


def bench(folder: str | None) -> Workbench:
    """The learner's folder. Raises UsageError if there is none."""
    from workshop.course import workbench

    return workbench.find(folder)


def tell_notes(workbench: Workbench) -> None:
    """Say on stderr what the learner should know of their folder."""
    while workbench.notes:
        click.echo(workbench.notes.pop(0), err=True)
