"""Projector mode: what is seen from the last row, by keys and a clicker alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.seeing import too_small
from tests.browser.sitting import Sitting, finding
from tests.browser.test_reading import CONTRAST
from tests.browser.test_walk import HOSTILE, Strider
from tests.browser.world import World
from tests.support.lab_command import lab_command
from workshop.cli.past import Past
from workshop.course.lesson import Lesson
from workshop.dashboard import Dashboard, about, past, walk

LEAST = 18
COVERED = """() => {
  const [right, picture] = ["right", "picture"].map((id) => document.getElementById(id).getBoundingClientRect());
  return [right.left - picture.left, document.getElementById("caption").getBoundingClientRect().top - right.bottom];
}"""


@pytest.fixture
def lesson(request: pytest.FixtureRequest, sitting: Sitting) -> Lesson | None:
    return sitting if getattr(request, "param", False) else None


@pytest.fixture
def dashboard(world: World, lesson: Lesson | None) -> Iterator[Dashboard]:
    parts = [about.part(world), past.part(Past(world.journal)), walk.part(Strider(world))]
    made = Dashboard(world.journal, world, lesson=lesson, parts=parts)
    made.start()
    yield made
    made.stop()


def on_a_projector(open_page: Callable[..., Page], **how: object) -> Page:
    page = open_page(1920, 1080, reduced_motion="reduce", **how)
    page.keyboard.press("p")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_has_the_whole_width_and_all_is_large(
    open_page: Callable[..., Page], world: World, theme: str
) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    world.run(network, "store")
    world.fail(network)
    page = on_a_projector(open_page, color_scheme=theme)
    expect(page.locator("#picture .container")).to_have_count(2)
    expect(page.locator("#caption")).to_contain_text("Call 6 · EndpointOperInfo")
    for hidden in ("#list", "#theme", "#engine", "#picture-tools .zoom .key-button >> nth=0"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.locator("#picture").bounding_box()["width"] > 1800
    assert too_small(page, LEAST) == []
    assert [each for each in page.evaluate(CONTRAST) if each[0] < 4.5] == []

    page.reload()  # it is kept
    expect(page.locator("#projector")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#picture .container")).to_have_count(2)
    expect(page.locator("#caption")).to_contain_text("Call 6")  # the picture may be there before the calls are
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.locator("#caption")).to_contain_text("Call 5 · Join")
    expect(page.locator("#list")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("Join")
    free, above = page.evaluate(COVERED)
    assert free > 500 and above >= 0, "it covers part of the picture, and not the caption"
    for _ in range(page.locator("#detail [role=tab]").count()):
        assert too_small(page, LEAST) == []
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#detail.wide")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()

    page.keyboard.press("/")  # what was left out comes while it has the focus
    page.keyboard.type("Join")
    expect(page.locator("#list .call")).to_have_count(2)
    assert too_small(page, LEAST) == []
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator("#list")).to_be_hidden()
    page.keyboard.press("g")
    expect(page.locator("#picture-tools .find")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate("getComputedStyle(document.getElementById('picture-tools')).clipPath") != "none"
    page.keyboard.press("?")
    assert too_small(page, LEAST) == []
    page.keyboard.press("Escape")

    page.keyboard.press("w")
    page.locator("#walk-to").select_option(HOSTILE)
    page.keyboard.press("Enter")
    page.locator(".walk-form .key-button").first.click()
    expect(page.locator(".walk-where")).to_contain_text("1 / 2")
    assert too_small(page, LEAST) == []
    page.keyboard.press("Escape")
    expect(page.locator(".walk-panel")).to_be_hidden()
    page.keyboard.press("p")
    expect(page.locator("#list")).to_be_visible()
    page.keyboard.press("k")  # a row has the focus
    page.keyboard.press("p")
    expect(page.locator("#list")).to_be_hidden()


@pytest.mark.parametrize("lesson", [True], indirect=True)
def test_the_verdict_stays_in_sight_and_an_exercise_is_shown_by_its_keys(
    open_page: Callable[..., Page], sitting: Sitting, world: World
) -> None:
    world.create_network("shop")
    page = on_a_projector(open_page)
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    headline = page.locator("#headline")
    expect(headline).to_have_text("· Not judged yet")
    expect(page.locator("#lesson")).to_be_hidden()
    wrong = finding(file=str(sitting.path()))
    sitting.judge(wrong)
    expect(headline).to_contain_text("✕ Not passed · ")
    expect(headline).to_contain_text(wrong.title)
    assert too_small(page, LEAST) == []
    page.keyboard.press("v")
    expect(page.locator("#left-task")).to_be_visible()
    assert too_small(page, LEAST) == []
    page.keyboard.press("v")
    expect(page.locator("#card")).to_be_visible()
    assert too_small(page, LEAST) == []
    page.keyboard.press("Escape")
    expect(page.locator("#lesson")).to_be_hidden()
    page.keyboard.press("h")
    expect(page.locator("#hints")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.keyboard.type("docker network ls")
    page.keyboard.press("Enter")
    expect(page.locator("#output")).to_be_visible()
    assert too_small(page, LEAST) == []
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_visible()
    assert too_small(page, LEAST) == []


@pytest.mark.lab
@pytest.mark.browser
def test_a_talk_and_a_held_call_by_the_clicker(chromium: Browser) -> None:
    with lab_command(command=("demo",)) as lab, ThreadPoolExecutor(1) as pool:
        context = chromium.new_context(viewport={"width": 1920, "height": 1080})
        page = context.new_page()
        page.goto(lab.url)
        expect(page.locator(".talk-head")).to_contain_text("12 chapters")
        page.keyboard.press("p")
        for number in ("1", "2"):
            page.keyboard.press("PageDown")
            expect(page.locator(".talk-head")).to_contain_text(f"{number} of 12")
            expect(page.locator(".talk-next")).to_be_enabled(timeout=30_000)
        expect(page.locator("#picture .bridge.now")).to_contain_text("shop")
        assert too_small(page, LEAST) == []
        assert page.locator("#picture").bounding_box()["height"] > 400
        page.keyboard.press("b")
        assert too_small(page, LEAST) == []
        page.get_by_role("button", name="Hold", exact=True).press("Enter")
        page.keyboard.press("Escape")
        made = pool.submit(lab.typed, "docker", "network", "create", "-d", "workshop", "late")
        for _ in range(2):  # GwAllocCheck, CreateNetwork
            expect(page.locator("#held-go")).to_be_visible()
            assert too_small(page, LEAST) == []
            expect(page.locator(".talk")).to_be_hidden()
            number = page.locator(".held-word").inner_text()
            page.keyboard.press("PageDown")
            expect(page.locator(".held-word", has_text=number)).to_have_count(0)
        assert made.result(30).returncode == 0
        expect(page.locator(".talk")).to_be_visible()
        context.close()
