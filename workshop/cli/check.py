"""`python -m workshop check N`: one judgement, for people and for programs."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workshop.cli.course_options import VERSIONS, bench, find, folder_option, tell_notes
from workshop.errors import CANNOT_HERE, DONE, FAILED, UsageError

if TYPE_CHECKING:
    from workshop.course.exercise import Exercise
    from workshop.course.verdict import Verdict
    from workshop.course.workbench import Workbench


@click.command()
@click.argument("which", metavar="[EXERCISE]", required=False)
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
    which: str | None, everything: bool, handler: str | None, engine: str | None, as_json: bool, folder: str | None
) -> int:
    """Judge an exercise once, by its number or name.

    Ends with 0 if it passed, 1 if not, 3 if it cannot be judged here.
    """
    if (which is None) is not everything:
        raise UsageError("Name one exercise, or give --all.", "See `python -m workshop list`.")
    if everything and handler is not None:
        raise UsageError("--handler is for one exercise.", "Leave out --all, and name the exercise.")
    if handler is not None:
        chosen = find(str(which))
        file = _handler(chosen, handler)
        return _judge([(chosen, [file])], None, engine, as_json)
    workbench = bench(folder)
    if which is not None:
        chosen = find(which)
        workbench.prepare(chosen)
        return _judge([_own(workbench, chosen)], workbench, engine, as_json)
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


def _own(workbench: Workbench, exercise: Exercise) -> tuple[Exercise, list[Path]]:
    return exercise, [workbench.file(exercise, name) for name in exercise.files]


def _handler(exercise: Exercise, handler: str) -> Path:
    """The file that was named. Raises UsageError if it cannot be judged by this exercise."""
    path = Path(handler).absolute()
    if not path.exists():
        raise UsageError(f"There is no file {handler}.", "Give --handler the path of a Python file.")
    if not path.is_file():
        raise UsageError(f"{handler} is no file.", "Give --handler the path of a Python file.")
    if exercise.parts and path.name not in exercise.files:
        raise UsageError(
            f"Exercise {exercise.number} has parts, and {path.name} is called like none of them.",
            f"Call it as one of {', '.join(exercise.files)}.",
        )
    return path


def _judge(
    what: list[tuple[Exercise, list[Path]]],
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
    files: list[Path],
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
        for path in files:
            verdict = judge(stage, path, attempt)
            verdicts.append(verdict)
            if workbench is not None and verdict.problem is None and not ended.is_set():
                part = path.stem if exercise.parts else None
                workbench.progress.judged(exercise.name, verdict.passed, part, len(exercise.files))
        for event in stage.journal.since(0):
            output.take(event)
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


def _say(exercise: Exercise, verdict: Verdict, output: Any, workbench: Workbench | None, brief: bool) -> None:
    from rich.console import Group
    from rich.text import Text

    from workshop.cli import verdict_text
    from workshop.cli.screen import Screen
    from workshop.course.exercise import catalogue
    from workshop.course.lesson import following

    data = verdict.as_dict()
    if brief:
        Screen().say(verdict_text.brief(data))
        return
    next_number = following(catalogue(broken=[]), exercise) if workbench is not None else None
    told = verdict_text.verdict(
        data,
        next_text=exercise.next if workbench is not None else "",
        next_command=verdict_text.typed(f"exercise {next_number}") if next_number else "",
        hints=verdict_text.typed(f"hint {exercise.number}"),
    )
    printed = output.shown(data)
    Screen().say(told if printed is None else Group(printed, Text(), told))
