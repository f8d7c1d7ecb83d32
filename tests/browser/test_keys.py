"""The sheet of keys has a row for every key that is bound, and for no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.sitting import Sitting
from tests.browser.test_walk import Strider
from tests.browser.world import World
from tests.support.lab_command import lab_command
from workshop.cli.past import Past
from workshop.course.lesson import Lesson
from workshop.dashboard import Dashboard, past, walk

BOUND = "async () => [...(await import('/static/js/keys.js')).bound]"
SHEET = "() => [...document.querySelectorAll('#sheet dt kbd')].map((each) => each.textContent)"
WRITTEN = {" ": "Space", "PageDown": "Page Down", "PageUp": "Page Up", "Escape": "Esc"}
WRITTEN |= {"ArrowUp": "↑", "ArrowDown": "↓", "ArrowLeft": "←", "ArrowRight": "→"}
OTHERS = {"Tab"}
"""On the sheet, and the browser's own."""

ALIKE = {"="}
"""Bound beside its neighbour on the same key, ``+``."""


@pytest.fixture
def lesson(request: pytest.FixtureRequest, sitting: Sitting) -> Lesson | None:
    return sitting if getattr(request, "param", False) else None


@pytest.fixture
def dashboard(world: World, lesson: Lesson | None, request: pytest.FixtureRequest) -> Iterator[Dashboard]:
    parts = [past.part(Past(world.journal)), walk.part(Strider(world))] if lesson else []
    made = Dashboard(world.journal, world, lesson=lesson, parts=parts)
    made.start()
    yield made
    made.stop()


def missing(page: Page) -> set[str]:
    """The keys that are bound or on the sheet, and not both."""
    bound = {WRITTEN.get(key, key.upper() if len(key) == 1 else key) for key in page.evaluate(BOUND)}
    sheet = set(page.evaluate(SHEET))
    if "…" in page.locator("#sheet").inner_text() and {"1", "9"} <= sheet:
        sheet |= {str(number) for number in range(1, 10)}
    assert len(bound) > 15
    return (bound - ALIKE) ^ (sheet - OTHERS)


@pytest.mark.parametrize("lesson", [False, True], indirect=True)
def test_every_key_is_on_the_sheet(open_page: Callable[..., Page]) -> None:
    assert missing(open_page()) == set()


@pytest.mark.lab
@pytest.mark.browser
def test_every_key_of_a_talk_is_on_the_sheet(chromium: Browser) -> None:
    with lab_command(command=("demo",)) as lab:
        page = chromium.new_page()
        page.goto(lab.url)
        expect(page.locator("#connection")).to_have_text("live")
        assert missing(page) == set()
        page.close()
