"""One Chromium for all browser tests, and for each test a made-up session with its dashboard."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.browser.sitting import Sitting
from tests.browser.world import World
from tests.support import kinds
from tests.support.lab_command import LabCommand, lab_command
from tests.support.leftovers import MARK
from workshop.dashboard import Dashboard, about
from workshop.dashboard.lesson import Lesson

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
"""A Chromium that runs as root without a screen and asks nobody but the page's own server."""

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # it serves all tests and starts helpers when it likes: they are not what one test left behind
        env = {name: value for name, value in os.environ.items() if name != MARK}
        browser = playwright.chromium.launch(executable_path=kinds.chromium(), args=list(QUIET), env=env)
        yield browser
        browser.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def sitting(world: World, tmp_path: Path) -> Sitting:
    """A stand-in for a lesson, at exercise 3, the first two passed."""
    made = Sitting(tmp_path / "workbench", world.journal)
    made.passed, made.begun = {1, 2}, {1, 2, 3}
    return made


@pytest.fixture
def lesson() -> Lesson | None:
    """What the dashboard gets as its lesson: nothing, unless a module says otherwise."""
    return None


@pytest.fixture
def dashboard(world: World, lesson: Lesson | None) -> Iterator[Dashboard]:
    parts = [about.part(world)]
    made = Dashboard(world.journal, world, engine="practice engine 28.5", lesson=lesson, parts=parts)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def open_page(chromium: Browser, dashboard: Dashboard) -> Iterator[Callable[..., Page]]:
    """Open the dashboard; what the page throws, and whatever it asks of another server, fails the test."""
    troubles: list[str] = []
    contexts = []

    def make(width: int = 1366, height: int = 768, **how: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **how)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(10_000)

        def own_only(route: Route) -> None:
            if not route.request.url.startswith(f"http://127.0.0.1:{dashboard.port}/"):
                troubles.append(f"asked {route.request.url}")
            route.continue_()

        context.route("**/*", own_only)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"threw {error}"))
        page.on(
            "console",
            lambda told: troubles.append(told.text) if "Content Security Policy" in told.text else None,
        )
        page.goto(dashboard.url)
        expect(page.locator("#connection")).to_have_text("live")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture
def lab() -> Iterator[LabCommand]:
    """A real lab, in a process of its own."""
    with lab_command() as running:
        yield running


@pytest.fixture
def lab_page(chromium: Browser, lab: LabCommand) -> Iterator[Page]:
    """Its dashboard."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    opened.goto(lab.url)
    expect(opened.locator("#connection")).to_have_text("live")
    yield opened
    context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()
