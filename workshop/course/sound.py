"""Whether an exercise is sound: its texts are there, its stub fails, its solution passes on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop.course.checking import Scenario
from workshop.course.exercise import CHECKS, HINTS, STUB, TASK, Exercise
from workshop.course.judge import judge, read_checks, scenarios_of
from workshop.course.stage import Stage
from workshop.course.verdict import Verdict
from workshop.errors import WorkshopError
from workshop.lab.engine.versions import VERSIONS
from workshop.protocol import BY_NAME

HINTS_AT_LEAST = 3
UNDONE = "TODO"
"""What stands where something is still to be written. In the stub it stays: that is the learner's."""


@dataclass
class Report:
    """What was found out about one exercise. ``cannot`` is why something could not be tried on this machine at all,
    ``partly`` why it was only in part.
    """

    exercise: Exercise
    problems: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)
    checks: int = 0
    took: dict[str, int] = field(default_factory=dict)
    """Milliseconds that judging the solution took, by engine."""


def texts(exercise: Exercise) -> Iterator[str]:
    """What is missing or unfinished in an exercise's files."""
    for file in exercise.files:
        for path in (exercise.stub(file), exercise.solution(file)):
            if not path.is_file():
                yield f"{_named(exercise, path)} is missing"
        stub = exercise.stub(file)
        if stub.is_file() and UNDONE not in stub.read_text(encoding="utf-8"):
            yield f"{_named(exercise, stub)} has no {UNDONE} that says where to begin"
    for name in (TASK, CHECKS, HINTS):
        if not (exercise.folder / name).is_file():
            yield f"{name} is missing"
    if (exercise.folder / TASK).is_file() and len(exercise.task().split()) < 50:
        yield f"{TASK} says too little to begin with"
    if (exercise.folder / HINTS).is_file():
        for part in exercise.parts or (None,):
            number, whose = len(exercise.hints(part)), f" for {part}, below `# {part}`" if part else ""
            if number < HINTS_AT_LEAST:
                yield f"{HINTS} has {number} hints{whose}, each under `## Hint`; {HINTS_AT_LEAST} are needed"
    places: dict[str, list[str]] = {}
    for name, line, _ in undone(exercise.folder, {exercise.stub(file) for file in exercise.files}):
        places.setdefault(name, []).append(str(line))
    if places:
        yield "still to be written: " + "; ".join(f"{name}:{','.join(lines)}" for name, lines in places.items())


def undone(folder: Path, stubs: set[Path]) -> Iterator[tuple[str, int, str]]:
    """Every place in which something is still to be written: the file's name, the number of the line, the line."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".md", ".py", ".toml") or path in stubs or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if f"{UNDONE}:" in line:
                yield str(path.relative_to(folder)), number, line.strip()


def checks(exercise: Exercise) -> Iterator[str]:
    """What is wrong with the checks, as far as one sees without judging."""
    module = read_checks(exercise)
    scenarios = scenarios_of(module)
    if not scenarios:
        yield f"{CHECKS} has no scenario"
    decided = {key for scenario in scenarios for key in scenario.checks}
    yield from (f"{CHECKS}: no scenario decides `{key}`" for key in module.CHECKS if key not in decided)
    titles = [scenario.title for scenario in scenarios]
    yield from (f"{CHECKS}: two scenarios are called {title!r}" for title in {*titles} if titles.count(title) > 1)
    for part in {scenario.part for scenario in scenarios} - {None, *exercise.parts}:
        yield f"{CHECKS}: a scenario is for the part {part!r}, which is none"
    for key, check in module.CHECKS.items():
        if check.route not in BY_NAME:
            yield f"{CHECKS}: `{key}` names the route {check.route!r}, which is none"
        hints = min(len(exercise.hints(part)) for part in _parts_with(exercise, scenarios, key))
        if check.hint is not None and not 1 <= check.hint <= hints:
            yield f"{CHECKS}: `{key}` names hint {check.hint}; there are {hints}"


def _parts_with(exercise: Exercise, scenarios: list[Scenario], key: str) -> set[str | None]:
    """The parts in which a check is decided; in an exercise without parts that is ``None``."""
    parts = {scenario.part for scenario in scenarios if key in scenario.checks}
    everywhere = set(exercise.parts) or {None}
    return everywhere if None in parts or not parts else parts & everywhere or everywhere


def stub_fails(exercise: Exercise, verdict: Verdict, file: str = STUB) -> Iterator[str]:
    """What is wrong with the verdict on a stub: it has to run, and to fail with a finding that teaches."""
    if verdict.problem is not None:
        return
    if verdict.passed:
        yield f"{file} passes as it is: the stub must not"
        return
    if not verdict.findings:
        yield f"{file} fails without a finding"
        return
    first = verdict.findings[0]
    if first.check == "loads":
        yield f"{file} cannot be loaded: the stub has to run ({first.title}; {first.seen})"
    for name in ("title", "expected", "seen", "why", "route", "variant", "file", "line"):
        if not getattr(first, name) and first.check != "loads":
            yield f"the first finding on {file}, {first.title!r}, does not say `{name}`"


def solution_passes(verdict: Verdict, name: str, engine: str) -> Iterator[str]:
    """What is wrong with the verdict on a solution: every check that a scenario lists has to be decided, and good.

    What this machine cannot judge is no fault of the exercise's.
    """
    for finding in verdict.findings:
        seen = f"expected {finding.expected}; seen {finding.seen}" if finding.expected else finding.seen
        yield f"{name} does not pass on Docker {engine}: {finding.title} ({finding.variant}): {seen}"
    if not verdict.findings and verdict.problem is None:
        for each in verdict.checks:
            if each.state not in ("passed", "not judged"):
                yield f"{CHECKS}: {each.variant!r} lists `{each.check}`, but does not decide it (Docker {engine})"


def examine(exercise: Exercise, folder: Path, zygote: Any, engines: tuple[str, ...] = tuple(VERSIONS)) -> Report:
    """Try all of it. ``folder`` is for sockets and stores; to be called in the lab's namespaces."""
    report = Report(exercise)
    report.problems += texts(exercise)
    try:
        report.problems += checks(exercise)
        stubs = [(file, exercise.stub(file)) for file in exercise.files if exercise.stub(file).is_file()]
        solutions = [(file, exercise.solution(file)) for file in exercise.files if exercise.solution(file).is_file()]
        for engine in engines:
            place = folder / f"{exercise.number}-{engine}"
            place.mkdir()
            with Stage(exercise, place, None, zygote, engine=engine) as stage:
                _try(report, stage, engine, stubs if engine == exercise.engine else [], solutions)
    except WorkshopError as error:
        report.problems.append(str(error))
    report.problems = list(dict.fromkeys(report.problems))
    report.cannot, report.partly = list(dict.fromkeys(report.cannot)), list(dict.fromkeys(report.partly))
    return report


def _try(
    report: Report, stage: Stage, engine: str, stubs: list[tuple[str, Path]], solutions: list[tuple[str, Path]]
) -> None:
    exercise = report.exercise
    report.took[engine], report.checks = 0, 0
    for file, path in stubs:
        verdict = judge(stage, path)
        report.problems += stub_fails(exercise, verdict, file)
        report.cannot += [verdict.problem] if verdict.problem else []
    for _, path in solutions:
        verdict = judge(stage, path)
        report.problems += solution_passes(verdict, _named(exercise, path), engine)
        report.partly += verdict.extra.get("notes", [])
        report.cannot += [verdict.problem] if verdict.problem else []
        report.took[engine] += verdict.duration_ms
        report.checks += len(verdict.checks)


def _named(exercise: Exercise, path: Path) -> str:
    return str(path.relative_to(exercise.folder))
