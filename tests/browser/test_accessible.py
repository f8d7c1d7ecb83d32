"""Every view of the pages under axe-core, in light and dark: it finds nothing that is serious."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.seeing import grave
from tests.browser.sitting import Sitting, finding
from tests.browser.test_walk import HOSTILE, Strider
from tests.browser.world import World
from workshop.cli import run
from workshop.cli.past import Past
from workshop.course.lesson import Lesson
from workshop.dashboard import Dashboard, about, deck, past, walk
from workshop.deck.render import Show

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture
def lesson(request: pytest.FixtureRequest, sitting: Sitting) -> Lesson | None:
    return sitting if getattr(request, "param", False) else None


@pytest.fixture
def dashboard(world: World, lesson: Lesson | None) -> Iterator[Dashboard]:
    stage = deck.Stage(Show(), run=lambda line: {"code": 0, "output": line}, standing=lambda: {})
    parts = [about.part(world), past.part(Past(world.journal)), walk.part(Strider(world)), stage.part]
    made = Dashboard(world.journal, world, engine="practice engine 28.5", lesson=lesson, parts=parts)
    made.start()
    yield made
    made.stop()


def happened(world: World) -> None:
    world.hello()
    network = world.create_network("shop")
    world.run(network, "web")
    world.run(network, "store")
    world.fail(network)
    world.notice("beware", "warning")
    world.unseen("it has gone by now")
    world.leave_behind(network, "store")


@THEMES
def test_the_dashboard(open_page: Callable[..., Page], world: World, theme: str) -> None:
    page = open_page(color_scheme=theme, reduced_motion="reduce")
    expect(page.locator("#picture svg")).to_be_visible()
    assert grave(page) == []  # where nothing has happened yet
    page.evaluate("document.body.append(document.createElement('button'))")
    assert [found.split()[0] for found in grave(page)] == ["button-name"]  # it would be found
    page.evaluate("document.body.lastChild.remove()")

    happened(world)
    expect(page.locator("#picture .container")).to_have_count(2)
    expect(page.locator(".below .time-bar")).to_be_visible()
    assert grave(page) == []
    page.locator('.call[data-call="4"]').click()
    page.keyboard.press("Enter")
    for _ in range(page.get_by_role("tab").count()):
        assert grave(page) == []
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.locator("#picture .container").first.click()
    expect(page.locator(".about-panel")).to_contain_text("eth0")
    assert grave(page) == []
    page.keyboard.press("w")
    page.locator("#walk-to").select_option(HOSTILE)
    page.get_by_role("button", name="Walk", exact=True).click()
    page.get_by_role("button", name="the next hop").click()
    expect(page.locator(".walk-reason")).to_be_visible()
    assert grave(page) == []
    page.locator("#picture").focus()
    page.keyboard.press("p")
    assert grave(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_be_visible()
    assert grave(page) == []
    page.keyboard.press("?")
    expect(page.locator("#sheet")).to_be_visible()
    assert grave(page) == []


@THEMES
@pytest.mark.parametrize("lesson", [True], indirect=True)
def test_an_exercise(open_page: Callable[..., Page], world: World, sitting: Sitting, theme: str) -> None:
    happened(world)
    page = open_page(color_scheme=theme, reduced_motion="reduce")
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    assert grave(page) == []
    sitting.judge(finding(file=str(sitting.path())))
    sitting.judge(finding(file=str(sitting.path())))
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("h")
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_visible()
    assert grave(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.keyboard.press("v")
    assert grave(page) == []


@THEMES
def test_the_slides(chromium: Browser, dashboard: Dashboard, theme: str) -> None:
    context = chromium.new_context(color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    base = dashboard.url.partition("/#")[0]
    for path in ("/slides", "/slides/present"):
        page.goto(f"{base}{path}#token={dashboard.token}")
        expect(page.locator("#connection")).to_have_text("live")
        for _ in range(6):
            assert grave(page) == []
            page.keyboard.press("PageDown")
    context.close()


@THEMES
def test_a_session_in_one_file(chromium: Browser, world: World, tmp_path: Path, theme: str) -> None:
    happened(world)
    file = tmp_path / "session.html"
    assert run(["export", "--html", "--from", str(world.journal.path), str(file)]) == 0
    context = chromium.new_context(color_scheme=theme, reduced_motion="reduce", offline=True)
    page = context.new_page()
    page.goto(file.as_uri())
    expect(page.locator("#connection")).to_have_text("recorded")
    for _ in range(5):
        page.keyboard.press("]")
    expect(page.locator("#picture .container")).to_have_count(1)
    assert grave(page) == []
    context.close()
