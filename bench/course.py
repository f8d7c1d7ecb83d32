"""How long a learner waits for a verdict: from the end of a save until it stands in the terminal."""

from __future__ import annotations

import time

from bench.rows import LeftOut, Row, median, quantile
from tests.support import kinds
from tests.support.course_command import course_command, solution
from workshop.course import exercise as exercises

TITLE = "from save to verdict"
GOAL = 500
"""Milliseconds, for nineteen of twenty saves."""

LAST = 10
"""The last exercise that has to keep to it."""

SAVES = 20
MORE = {3: 50}
"""How often is saved, by exercise, where it is not the usual number."""

PAUSE = 0.3
"""Seconds between a verdict and the next save: the learner reads."""


def measure() -> list[Row]:
    """Every save passes, so that all scenarios are played: the longest way to a verdict."""
    if missing := kinds.missing("lab"):
        raise LeftOut(f"it needs {kinds.KINDS['lab'].needs}: {missing}. Remedy: {kinds.KINDS['lab'].remedy}")
    rows = []
    for exercise in exercises.catalogue(broken=[]):
        if exercise.number <= LAST:
            took = _saves(exercise, MORE.get(exercise.number, SAVES))
            rows.append(Row(f"{exercise.number} {exercise.name}: median", median(took), "ms", None, len(took)))
            rows.append(Row(f"{exercise.number} {exercise.name}: 95 %", quantile(took, 0.95), "ms", GOAL, len(took)))
    return rows


def _saves(exercise: exercises.Exercise, times: int) -> list[float]:
    """Milliseconds from each save until its verdict was read from the terminal."""
    text = solution(exercise.label)
    took = []
    with course_command("exercise", str(exercise.number)) as course:
        course.verdict("NOT PASSED")
        for number in range(1, times + 2):  # the first is to warm up
            time.sleep(PAUSE)
            course.file(exercise.label).write_text(f"{text}\n# save {number}\n", encoding="utf-8")
            saved = time.monotonic()
            line = course.verdict("PASSED", number)
            heard = course.times[len(course.lines) - 1 - course.lines[::-1].index(line)]
            took.append((heard - saved) * 1000)
    return took[1:]
