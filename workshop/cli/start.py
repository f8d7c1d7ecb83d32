"""`python -m workshop start`: the course, from where one was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workshop.cli.course_options import bench, sitting_options, tell_notes
from workshop.cli.ourselves import as_typed

if TYPE_CHECKING:
    from workshop.course.exercise import Exercise
    from workshop.course.workbench import Workbench


@click.command()
@sitting_options
def start(folder: str | None, **options: Any) -> int:
    """Begin the course, or go on where you were."""
    from workshop.cli.exercise import sit
    from workshop.errors import DONE

    workbench = bench(folder)
    exercise = where(workbench)
    tell_notes(workbench)
    if exercise is None:
        click.echo(
            as_typed("All exercises have passed. `python -m workshop list` shows them, `exercise N` goes back to one.")
        )
        return DONE
    return sit(exercise, workbench, **options)


def where(workbench: Workbench) -> Exercise | None:
    """Where to go on: the exercise that was open last, or the first after it that has not passed. ``None`` at the end.

    :raises CannotHere: if there are no exercises.
    """
    from workshop.course.exercise import catalogue
    from workshop.errors import CannotHere

    exercises = catalogue(broken=[])
    if not exercises:
        raise CannotHere("There are no exercises here.", "Install the program again.")
    states = workbench.progress.states()
    names = [each.name for each in exercises]
    at = workbench.progress.at
    first = names.index(at) if at in names else 0
    for exercise in (*exercises[first:], *exercises[:first]):
        if states.get(exercise.name) != "passed":
            return exercise
    return None


def said_of_progress(us: str) -> str | None:
    """How far one is and how to go on, in a sentence; ``None`` if nothing was begun yet, or nothing can be known."""
    from workshop.course import workbench as room
    from workshop.course.exercise import catalogue
    from workshop.errors import WorkshopError

    try:
        workbench = room.find()
        states = workbench.progress.states()
        exercise, total = where(workbench), len(catalogue(broken=[]))
    except WorkshopError:
        return None
    if not states:
        return None
    done = sum(state == "passed" for state in states.values())
    if exercise is None:
        return f"All {total} exercises have passed."
    return f"{done} of {total} exercises have passed. `{us} start` goes on with {exercise.number}, {exercise.name}."
