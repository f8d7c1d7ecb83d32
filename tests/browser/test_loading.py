"""What the browser breaks off while it loads the page is loaded again: a page half there is worse than a late one.

Some browsers end all that is on its way whenever the machine's network changes, as it does when a container starts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.world import World
from workshop.dashboard import Dashboard

RELOADS, TRIES = 5, 3
"""How often the page is loaded again (static/js/theme.js), and how often the drawing worker (static/js/painter.js)."""


class Breaking:
    """A browser that breaks off the first loads of a file, and counts what it asks for."""

    def __init__(self, context: BrowserContext, dashboard: Dashboard) -> None:
        self.asked: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._dashboard = dashboard
        context.route("**/*", self._answer)
        self.page: Page = context.new_page()

    def _answer(self, route: Route) -> None:
        path = route.request.url.partition("?")[0].removeprefix(f"http://127.0.0.1:{self._dashboard.port}/")
        self.asked[path] += 1
        if self.asked[path] <= self._first.get(path, 0):
            route.abort("connectionaborted")
        else:
            route.continue_()

    def open(self, first: dict[str, int]) -> Page:
        """Open the dashboard; ``first`` says how many loads of which file do not come through."""
        self._first = first
        self.page.goto(self._dashboard.url, wait_until="commit")
        return self.page

    def wait_until(self, true: Callable[[Counter[str]], bool]) -> None:
        """Wait until what was asked for is so. The browser is answered meanwhile: `time.sleep` would not do that."""
        end = time.monotonic() + 20
        while not true(self.asked):
            assert time.monotonic() < end, f"after 20 s: {dict(self.asked)}"
            self.page.wait_for_timeout(50)


@pytest.fixture
def breaking(chromium: Browser, dashboard: Dashboard) -> Iterator[Breaking]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(20_000)
    yield Breaking(context, dashboard)
    context.close()


PAGE, WORKER = "", "static/js/graphviz-worker.js"
FILES = {
    "the module that starts all": "static/js/main.js",
    "a module that another one imports": "static/js/story.js",
    "a library": "static/vendor/socket.io.js",
    "a style sheet": "static/css/calls.css",
}


ALWAYS = 1000


@pytest.mark.parametrize("what", FILES)
def test_the_page_is_loaded_again_until_all_of_it_came(breaking: Breaking, world: World, what: str):
    world.create_network("shop")
    page = breaking.open({FILES[what]: 2})
    breaking.wait_until(lambda asked: asked[FILES[what]] == 3)
    expect(page.locator("#connection")).to_have_text("live", timeout=20_000)
    expect(page.locator("#picture .bridge")).to_have_count(1)
    assert breaking.asked[PAGE] == 3
    page.wait_for_function("sessionStorage.getItem('workshop-reloads') === '0'")


@pytest.mark.parametrize("what", ["the module that starts all", "a style sheet"])
def test_a_file_that_never_comes_does_not_keep_the_page_loading_for_ever(breaking: Breaking, what: str):
    page = breaking.open({FILES[what]: ALWAYS})
    breaking.wait_until(lambda asked: asked[PAGE] == 1 + RELOADS)
    page.wait_for_timeout(1500)  # three pauses between reloads
    assert breaking.asked[PAGE] == 1 + RELOADS


def test_the_worker_that_draws_is_started_again(breaking: Breaking, world: World):
    world.create_network("shop")
    page = breaking.open({WORKER: TRIES - 1})
    expect(page.locator("#picture .bridge")).to_have_count(1, timeout=20_000)
    assert (breaking.asked[WORKER], breaking.asked[PAGE]) == (TRIES, 1)


def test_a_worker_that_never_starts_is_told_of_and_the_calls_are_shown(breaking: Breaking, world: World):
    world.create_network("shop")
    page = breaking.open({WORKER: ALWAYS})
    expect(page.locator("body")).to_contain_text("Graphviz could not be started", timeout=20_000)
    expect(page.locator(".call")).to_have_count(1)
    page.wait_for_timeout(1500)
    assert (breaking.asked[WORKER], breaking.asked[PAGE]) == (TRIES, 1)
