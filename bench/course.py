"""How long a learner waits for a verdict: from the end of a save until it stands in the terminal, and in the browser.

Both are open at once, as a learner has them. Where there is no browser, the terminal is measured alone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from bench.places import need
from bench.rows import Row, median, quantile
from tests.support import kinds
from tests.support.course_command import CourseCommand, course_command, solution
from workshop.course import exercise as exercises

TITLE = "from save to verdict"
GOAL = 500
"""Milliseconds, for nineteen of twenty saves."""

LAST = 10
"""The last exercise that has to keep to it."""

SAVES = 20
MORE = {3: 50}
"""How often is saved, by exercise, where it is not the usual number."""

PAUSE = 0.5
"""Seconds between a verdict and the next save: the learner reads, and the page has painted it."""

PAINTED = "(since) => workshop.timings.findLast((one) => one.kind === 'verdict' && one.at >= since)?.drawn ?? null"
"""When the newest verdict since then was painted; the judgement's beginning is an event of the same kind."""


def measure() -> list[Row]:
    """Every save passes, so that all scenarios are played: the longest way to a verdict."""
    need("lab")
    rows = []
    with _browser() as browser:
        for exercise in exercises.catalogue(broken=[]):
            if exercise.number <= LAST:
                times = MORE.get(exercise.number, SAVES)
                for where, took in _saves(exercise, times, browser).items():
                    name = f"{exercise.number} {exercise.name}, {where}"
                    rows.append(Row(f"{name}: median", median(took), "ms", None, len(took)))
                    rows.append(Row(f"{name}: p95", quantile(took, 0.95), "ms", GOAL, len(took)))
    return rows


@contextlib.contextmanager
def _browser() -> Iterator[Any]:
    """A browser, or None where there is none."""
    if kinds.missing("browser"):
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=kinds.chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


def _saves(exercise: exercises.Exercise, times: int, browser: Any) -> dict[str, list[float]]:
    """Milliseconds from each save until its verdict was read from the terminal, and until the page had painted it."""
    text = solution(exercise.label)
    terminal, painted = list[float](), list[float]()
    with course_command("exercise", str(exercise.number)) as course:
        course.verdict("NOT PASSED")
        page = _page(browser, course) if browser else None
        for number in range(1, times + 2):  # the first is to warm up
            if page is None:
                time.sleep(PAUSE)
            course.file(exercise.label).write_text(f"{text}\n# save {number}\n", encoding="utf-8")
            saved, began = time.monotonic(), time.time()
            line = course.verdict("PASSED", number)
            heard = course.times[len(course.lines) - 1 - course.lines[::-1].index(line)]
            terminal.append((heard - saved) * 1000)
            if page is not None:
                page.wait_for_timeout(PAUSE * 1000)
                drawn = page.evaluate(PAINTED, began * 1000)
                if drawn is None or not page.title().startswith("✓"):
                    raise AssertionError(f"the page does not show save {number} as passed: {page.title()}")
                painted.append(drawn - began * 1000)
    return {"terminal": terminal[1:], **({"browser": painted[1:]} if painted else {})}


def _page(browser: Any, course: CourseCommand) -> Any:
    page = browser.new_page(viewport={"width": 1920, "height": 1080}, bypass_csp=True)
    page.goto(course.wait_for("Ready: dashboard at http://").split()[-1])
    page.wait_for_function("globalThis.workshop?.timings.some((one) => one.kind === 'picture')", timeout=20_000)
    return page
