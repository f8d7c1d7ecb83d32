"""`python -m workshop dev …`: for who writes exercises."""

from __future__ import annotations

import click

from workshop.cli.course_options import VERSIONS, find


@click.group()
def dev() -> None:
    """For who writes exercises."""


@dev.command()
@click.argument("which", metavar="[EXERCISE]...", nargs=-1)
@click.option(
    "--engine", "engines", type=click.Choice(VERSIONS), multiple=True, help="Only on this Docker. [default: on all]"
)
def check(which: tuple[str, ...], engines: tuple[str, ...]) -> int:
    """Check exercises, by default all of them.

    Every stub fails with a finding that teaches, every solution passes on every engine, texts and hints are there,
    scenarios decide what they list, no number is used twice. Ends with 0 if all is well, 1 if not, 3 if something
    could not be tried here.
    """
    from workshop.course import exercise as exercises
    from workshop.errors import CANNOT_HERE, DONE, FAILED, WorkshopError

    broken: list[WorkshopError] = []
    chosen = tuple(find(each) for each in which) or exercises.catalogue(broken=broken)
    for error in broken:
        click.echo(str(error), err=True)
    from workshop.cli.exercise import lab_folder
    from workshop.cli.laboratory import enter
    from workshop.cli.running import signals_as_event

    enter()
    from workshop.course.learner.zygote import Zygote
    from workshop.course.sound import examine

    good, cannot = not broken, False
    with signals_as_event() as ended, Zygote.start() as zygote, lab_folder() as folder:
        for exercise in chosen:
            if ended.is_set():
                raise KeyboardInterrupt
            report = examine(exercise, folder, zygote, engines or VERSIONS)
            times = ", ".join(f"{engine} {took} ms" for engine, took in report.took.items())
            state = "not well" if report.problems else "not tried" if report.cannot else "ok"
            click.echo(f"{exercise.number:>3} {exercise.name:<18} {state}  {report.checks} checks; {times}")
            for text in report.problems:
                click.echo(f"      {text}")
            for text in report.cannot:
                click.echo(f"      could not be tried here: {text}")
            for text in report.partly:
                click.echo(f"      tried in part: {text}")
            good, cannot = good and not report.problems, cannot or bool(report.cannot)
    return FAILED if not good else CANNOT_HERE if cannot else DONE


@dev.command()
@click.argument("label", metavar="NN_NAME")
@click.option("--route", help="The route that the learner writes. [default: the one of that name, or create_network]")
def new(label: str, route: str | None) -> None:
    """Make the folder of a new exercise, from a template."""
    from workshop.cli.verdict_text import place, typed
    from workshop.course import blank
    from workshop.course.sound import undone

    folder = blank.make(label, route)
    click.echo(f"{place(str(folder), None)} is made. Still to be written:")
    for name, line, text in undone(folder, set()):
        click.echo(f"  {name}:{line}  {text}")
    click.echo(f"Then: `{typed(f'dev check {int(label[:2])}')}`.")
