"""Judging one file by hand: a lab of its own, one verdict as JSON, and nothing else."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click

from workshop.errors import WorkshopError


@click.command()
@click.argument("which", metavar="EXERCISE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--engine", default=None, help="20.10, 26.1 or 28.5, or docker for this machine's own.")
@click.option("--part", default=None, help="Of an exercise of several parts, the one that FILE is, if not by its name.")
@click.option("--times", default=1, help="Judge so often; the last verdict is printed, the others' times before.")
def main(which: str, file: Path, engine: str | None, part: str | None, times: int) -> None:
    """Judge FILE by the checks of an exercise (its number or name).

    Exits with 0 if it passes, 1 if not, 3 if this machine cannot.
    """
    from workshop.course import exercise as room
    from workshop.lab import reenter

    try:
        exercise = room.find(which)
        if engine != "docker":
            reenter.reenter()
        sys.exit(_judge(exercise, file, engine, part, times))
    except WorkshopError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


def _judge(exercise: object, file: Path, engine: str | None, part: str | None, times: int) -> int:
    from workshop.course.judge import judge
    from workshop.course.stage import Stage

    with tempfile.TemporaryDirectory(prefix="wsc-") as folder, Stage(exercise, Path(folder), engine=engine) as stage:
        for attempt in range(1, times + 1):
            verdict = judge(stage, file, attempt, part)
            if attempt < times:
                click.echo(f"{verdict.duration_ms} ms", err=True)
    click.echo(json.dumps(verdict.as_dict(), indent=2, ensure_ascii=False))
    return 3 if verdict.problem else 0 if verdict.passed else 1
