"""`python -m workshop check N`: one judgement, for people and for programs."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workshop.cli.course_options import VERSIONS, bench, file_argument, file_of, find, folder_option, tell_notes
from workshop.errors import CANNOT_HERE, DONE, FAILED, UsageError

if TYPE_CHECKING:
    from workshop.course.exercise import Exercise
    from workshop.course.verdict import Verdict
    from workshop.course.workbench import Workbench

Judged = tuple[Path, str | None]
"""A file that is judged, and as which part of the exercise."""


@click.command()
@click.argument("which", metavar="[EXERCISE]", required=False)
@file_argument
@click.option("--all", "everything", is_flag=True, help="Every exercise that you have begun.")
@click.option("--handler", metavar="FILE", help="Judge this file instead of yours; your progress stays as it is.")
@click.option(
    "--engine",
    type=click.Choice([*VERSIONS, "docker"]),
    help="The Docker that the lab plays, or `docker`: this machine's own. [default: what the exercise says]",
)
@click.option("--json", "as_json", is_flag=True, help="The verdict as one JSON object; with --all, one a line.")
@folder_option
def check(
    which: str | None,
    file: str | None,
    everything: bool,
    handler: str | None,
    engine: str | None,
    as_json: bool,
    folder: str | None,
) -> int:
    """Judge an exercise once, by its number or name.

    Where an exercise has several files, FILE names one of them; else all are judged.

    Ends with 0 if it passed, 1 if not, 3 if it cannot be judged here.
    """
    if (which is None) is not everything:
        raise UsageError("Name one exercise, or give --all.", "See `python -m workshop list`.")
    if everything and handler is not None:
        raise UsageError("--handler is for one exercise.", "Leave out --all, and name the exercise.")
    if handler is not None:
        chosen = find(str(which))
        return _judge([(chosen, [_handler(chosen, handler, file_of(chosen, file))])], None, engine, as_json)
    workbench = bench(folder)
    if which is not None:
        chosen = find(which)
        one = file_of(chosen, file)
        workbench.prepare(chosen)
        return _judge([_own(workbench, chosen, one)], workbench, engine, as_json)
    return _judge_all(workbench, engine, as_json)


def _judge_all(workbench: Workbench, engine: str | None, as_json: bool) -> int:
    from workshop.course.exercise import catalogue

    known = catalogue(broken=[])
    begun = [each for each in known if workbench.touched(each)]
    if not begun:
        raise UsageError("You have not begun any exercise yet.", "Begin with `python -m workshop start`.")
    code = _judge([_own(workbench, each) for each in begun], workbench, engine, as_json, brief=True)
    left = len(known) - len(begun)
    if left and not as_json:
        click.echo(f"{left} {'exercise is' if left == 1 else 'exercises are'} not begun yet.")
    return code


def _own(workbench: Workbench, exercise: Exercise, one: str | None = None) -> tuple[Exercise, list[Judged]]:
    names = exercise.files if one is None else (one,)
    return exercise, [(workbench.file(exercise, name), exercise.part_of(name)) for name in names]


def _handler(exercise: Exercise, handler: str, one: str | None) -> Judged:
    """The file that was named, judged in the place of ``one``. Raises UsageError if it cannot be judged."""
    path = Path(handler).absolute()
    if not path.exists():
        raise UsageError(f"There is no file {handler}.", "Give --handler the path of a Python file.")
    if not path.is_file():
        raise UsageError(f"{handler} is no file.", "Give --handler the path of a Python file.")
    if one is None and exercise.parts and path.name not in exercise.files:
        parts = ", ".join(exercise.parts)
        raise UsageError(
            f"Exercise {exercise.number} has parts, and {path.name} is called like none of them.",
            f"Say which it is: {parts}, as in `check {exercise.number} {exercise.parts[0]} --handler {handler}`.",
        )
    return path, exercise.part_of(one or path.name)


def _judge(
    what: list[tuple[Exercise, list[Judged]]],
    workbench: Workbench | None,
    engine: str | None,
    as_json: bool,
    brief: bool = False,
) -> int:
    """Judge each exercise's files; say what came of each, and give the exit code of the worst."""
    from workshop import session
    from workshop.cli.exercise import need_docker
    from workshop.cli.laboratory import enter
    from workshop.cli.running import signals_as_event

    if engine == "docker":
        need_docker()
        session.sweep()
    else:
        enter()
    from workshop.cli.exercise import lab_folder
    from workshop.course.learner.zygote import Zygote

    codes = []
    with signals_as_event() as ended, Zygote.start() as zygote, lab_folder() as base:
        for exercise, files in what:
            if ended.is_set():
                break
            place = base / str(exercise.number)
            place.mkdir()
            verdict, output = _verdict(exercise, files, place, zygote, engine, workbench, ended)
            codes.append(CANNOT_HERE if verdict.problem else DONE if verdict.passed else FAILED)
            if ended.is_set():
                break
            if as_json:
                click.echo(json.dumps(verdict.as_dict(), ensure_ascii=False))
            else:
                _say(exercise, verdict, output, workbench, brief)
    if workbench is not None:
        tell_notes(workbench)
    if ended.is_set():
        raise KeyboardInterrupt
    return FAILED if FAILED in codes else max(codes, default=DONE)


def _verdict(
    exercise: Exercise,
    files: list[Judged],
    place: Path,
    zygote: Any,
    engine: str | None,
    workbench: Workbench | None,
    ended: Any,
) -> tuple[Verdict, Any]:
    from workshop.cli.printed import Printed
    from workshop.course.judge import judge
    from workshop.course.progress import count
    from workshop.course.stage import Stage
    from workshop.course.verdict import together

    output = Printed()
    verdicts = []
    attempt = 0 if workbench is None else count(workbench.progress.entry(exercise.name), "attempts") + 1
    with Stage(exercise, place, None, zygote, engine=engine) as stage, _interrupting(stage, ended):
        for path, part in files:
            since = stage.journal.last
            verdict = judge(stage, path, attempt, part)
            if all(each.passed for each in verdicts):  # what is shown is about the first that has not passed
                output.clear()
                for event in stage.journal.since(since):
                    output.take(event)
            verdicts.append(verdict)
            if workbench is not None and verdict.problem is None and not ended.is_set():
                workbench.progress.judged(exercise.name, verdict.passed, part, len(exercise.files))
    return together(verdicts), output


@contextlib.contextmanager
def _interrupting(stage: Any, ended: Any) -> Any:
    """Have the judgement end soon when the process is told to end."""
    import threading

    over = threading.Event()

    def wait() -> None:
        while not over.wait(0.05):
            if ended.is_set():
                stage.interrupt()
                return

    thread = threading.Thread(target=wait, name="interrupting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _way_on(exercise: Exercise, data: dict[str, Any], workbench: Workbench | None) -> dict[str, str]:
    """What to do next, as ``verdict_text.verdict`` is told it."""
    from workshop.cli.verdict_text import typed
    from workshop.course.exercise import catalogue
    from workshop.course.lesson import following

    part = data.get("part") or next((each["part"] for each in data.get("parts") or () if not each["passed"]), None)
    hints = typed(" ".join(filter(None, ("hint", str(exercise.number), part))))
    if workbench is None:
        return {"hints": hints}
    file = workbench.next_file(exercise, f"{part}.py") if part and data["passed"] else None
    if file is not None:
        text, command = f"Next is {file}.", f"check {exercise.number} {exercise.part_of(file)}"
    else:
        number = following(catalogue(broken=[]), exercise)
        text, command = exercise.next, f"exercise {number}" if number else ""
    return {"hints": hints, "next_text": text, "next_command": typed(command) if command else ""}


def _say(exercise: Exercise, verdict: Verdict, output: Any, workbench: Workbench | None, brief: bool) -> None:
    from rich.console import Group
    from rich.text import Text

    from workshop.cli import verdict_text
    from workshop.cli.screen import Screen

    data = verdict.as_dict()
    if brief:
        Screen().say(verdict_text.brief(data))
        return
    told = verdict_text.verdict(data, **_way_on(exercise, data, workbench))
    printed = output.shown(data)
    Screen().say(told if printed is None else Group(printed, Text(), told))
