"""Judging: the scenarios of one exercise, one after another, against the learner's handlers: a verdict.

By hand, in a lab of its own: ``python -m workshop.course.judge 3 FILE --engine 28.5``.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from workshop.course.checking import Check, CheckFailed, Run, Scenario
from workshop.course.docker import DockerError
from workshop.course.exercise import Exercise
from workshop.course.findings import ANSWERS, DOCKER, LEFT_BEHIND, LOADS, Findings, title_of
from workshop.course.learner.faults import Fault
from workshop.course.stage import Stage
from workshop.course.verdict import Decided, Finding, State, Verdict
from workshop.errors import CannotHere, WorkshopError

HOPELESS = ("time", "exit", "died", "memory", "processes", "descriptors", "threads")
"""Faults after which the other scenarios are not tried: each would end, or take as long, again."""


class BrokenExercise(WorkshopError):
    """The checks themselves have failed, for which the learner is not to blame."""


@dataclass
class Played:
    """What came of one scenario: the states of its checks, and its findings, the most important first."""

    scenario: Scenario
    passed: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: str | None = None
    faults: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    clean: bool = False
    over: bool = False
    """Whether the scenarios after it are not worth trying."""

    def decided(self, checks: dict[str, Check]) -> list[Decided]:
        """Every check of the scenario with its state."""
        found = []
        for key in self.scenario.checks:
            found.append(Decided(key, title_of(key, checks), self.scenario.title, self._state(key)))
        tidy = (
            "passed"
            if self.clean
            else "failed"
            if LEFT_BEHIND in {each.check for each in self.findings}
            else "not reached"
        )
        return [*found, Decided(LEFT_BEHIND, title_of(LEFT_BEHIND, checks), self.scenario.title, tidy)]

    def _state(self, key: str) -> State:
        if key == self.failed:
            return "failed"
        return "passed" if key in self.passed else "not judged" if key in self.left_out else "not reached"


def judge(stage: Stage, path: str | Path, attempt: int = 0, part: str | None = None) -> Verdict:
    """Judge the learner's file on a stage. Who asked for it tells the journal (``sitting.py``).

    In an exercise of several parts it is judged as ``part``; if none is named, as the one that it is called like.
    Never raises for what the learner's code does; a fault of the machine is the verdict's ``problem``.

    :raises WorkshopError: if the exercise itself is broken, or there is no such part.
    """
    exercise, path = stage.exercise, Path(path).absolute()
    part = part or exercise.part_of(path.name)
    if part is not None and part not in exercise.parts:
        raise WorkshopError(
            f"Exercise {exercise.number} has no part {part}.", f"It has {', '.join(exercise.parts) or 'none'}."
        )
    began, at = time.perf_counter(), time.time()
    module = read_checks(exercise)
    checks = module.CHECKS
    scenarios = [each for each in scenarios_of(module) if each.part in (None, part)]
    making = Findings(exercise, path, checks)
    findings: list[Finding] = []
    decided: list[Decided] = []
    problem, why = None, list[str]()
    try:
        with stage.undisturbed():
            findings, decided, why = _play_all(stage, path, scenarios, checks, making)
    except (CannotHere, BrokenExercise) as error:
        problem = str(error)
        decided = _not_reached(scenarios, checks)
    finally:
        stage.tidy_up()
    return Verdict(
        exercise.number,
        exercise.name,
        stage.engine,
        round((time.perf_counter() - began) * 1000),
        tuple(findings),
        tuple(decided),
        problem,
        attempt,
        at,
        ({"part": part} if part else {}) | ({"notes": notes} if (notes := [*stage.notes, *why]) else {}),
    )


def _play_all(
    stage: Stage, path: Path, scenarios: list[Scenario], checks: dict[str, Check], making: Findings
) -> tuple[list[Finding], list[Decided], list[str]]:
    """The findings, what became of every check, and why some were not judged."""
    if told := stage.empty().told():
        stage.journal.append("notice", {"level": "info", "text": told, "host": ""})
    loaded = stage.load(path)
    loads = Decided(LOADS, title_of(LOADS, checks), "", "failed" if loaded.problem else "passed")
    if loaded.problem is not None:
        return [making.loading(loaded.problem)], [loads, *_not_reached(scenarios, checks)], []
    played: list[Played] = []
    for scenario in scenarios:
        played.append(_play(stage, scenario, making) if not (played and played[-1].over) else Played(scenario))
    answers = Decided(
        ANSWERS, title_of(ANSWERS, checks), "", "failed" if any(one.faults for one in played) else "passed"
    )
    decided = [loads, answers, *(each for one in played for each in one.decided(checks))]
    why = dict.fromkeys(each for one in played for each in one.left_out.values())
    return _once([each for one in played for each in (*one.faults, *one.findings)]), decided, list(why)


def _play(stage: Stage, scenario: Scenario, making: Findings) -> Played:
    played = Played(scenario)
    stage.journal.append("docker", {"did": f"Judged: {scenario.title}", "variant": scenario.title})
    stage.be_unknown()
    runs = [Run(station, scenario.checks, stage.engine) for station in stage.stations]
    run = runs[0]
    run.second = runs[1] if len(runs) > 1 else None
    run.begin()
    before = [len(station.faults()) for station in stage.stations]
    refusal: DockerError | None = None
    try:
        scenario.play(run)
    except CheckFailed as error:
        played.failed = error.failed.key
        played.findings.append(making.failed(error.failed, scenario.title))
    except DockerError as error:
        refusal = error
    except (CannotHere, KeyboardInterrupt):
        raise
    except Exception as error:
        raise _broken(stage.exercise, scenario, error) from error
    finally:
        played.passed, played.left_out = run.passed, run.left_out
        for each in runs:
            each.close()
    if refusal is not None:
        route, said = _last_error(run, stage.exercise.routes)
        played.findings.append(making.refused(str(refusal), scenario.title, route, said))
    if any(fault.kind in HOPELESS for station in stage.stations for fault in station.faults()):
        stage.stand_in()
    stage.clear()
    _faults(stage, before, run, played, making, str(refusal) if refusal else None)
    left = stage.left()
    played.clean = not left
    played.findings += [making.left(station.name, difference, scenario.title) for station, difference in left]
    return played


def _faults(stage: Stage, before: list[int], run: Run, played: Played, making: Findings, refusal: str | None) -> None:
    """The calls that went wrong in a scenario; what follows from them is folded into them."""
    forgiven = run.forgiven()
    faults: list[Fault] = []
    for station, known in zip(stage.stations, before, strict=True):
        faults += [each for each in station.faults()[known:] if each not in forgiven]
    if not faults:
        return
    played.over = any(each.kind in HOPELESS for each in faults)
    for fault in faults:
        words = refusal if refusal and (fault.text in refusal or fault is faults[-1]) else None
        played.faults.append(making.fault(fault, played.scenario.title, words))
    played.findings = [each for each in played.findings if each.check != DOCKER]


def _once(findings: list[Finding]) -> list[Finding]:
    """Each call that went wrong once, as it was in the first scenario that met it."""
    found: dict[Any, Finding] = {}
    for number, each in enumerate(findings):
        found.setdefault((each.route, each.title, each.line) if each.check == ANSWERS else number, each)
    return list(found.values())


def _last_error(run: Run, routes: Sequence[str]) -> tuple[str | None, str | None]:
    """The call to look at if Docker gave up: one that was answered with Err, and that, or the last of these routes."""
    names: dict[int, str] = {}
    last: tuple[str | None, str | None] = (None, None)
    for event in run.station.journal.since(run._since):
        if event.kind == "call.started" and event.call is not None and event.data["name"]:
            names[event.call] = event.data["name"]
        elif event.kind == "call.finished" and event.call in names:
            if event.data["error"]:
                return names[event.call], event.data["error"]
            if names[event.call] in routes:
                last = names[event.call], None
    return last


def _not_reached(scenarios: list[Scenario], checks: dict[str, Check]) -> list[Decided]:
    return [each for scenario in scenarios for each in Played(scenario).decided(checks)]


def read_checks(exercise: Exercise) -> ModuleType:
    """The exercise's checks, read anew if the file has changed."""
    path = exercise.checks
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise WorkshopError(f"{path} cannot be read ({error.strerror}).", "Install the program again.") from None


@functools.lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"exercise_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # dataclasses look themselves up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise WorkshopError(f"{path} cannot be read: {type(error).__name__}: {error}.", "Mend the exercise.") from error
    for scenario in scenarios_of(module):
        unknown = [key for key in scenario.checks if key not in module.CHECKS]
        if unknown:
            raise WorkshopError(
                f"{path}: {scenario.title!r} names the check {unknown[0]!r}, which is none.", "Mend it."
            )
    return module


def scenarios_of(module: ModuleType) -> list[Scenario]:
    """All scenarios in the order of the file."""
    return [each.scenario for each in vars(module).values() if isinstance(getattr(each, "scenario", None), Scenario)]


def _broken(exercise: Exercise, scenario: Scenario, error: Exception) -> BrokenExercise:
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename == str(exercise.checks)]
    line = f", line {frames[-1].lineno}" if frames else ""
    return BrokenExercise(
        f"The checks of exercise {exercise.number} are broken: {type(error).__name__}: {error} "
        f"({exercise.checks.name}{line}, in {scenario.title!r}).",
        "This is no fault of your handler: please report it.",
    )


if __name__ == "__main__":
    from workshop.course.by_hand import main

    main()
